#ifndef BUILD_INFORMATION_H
#define BUILD_INFORMATION_H

/// The commit that the program was built from, as the build was told by the environment variable KGATEWAY_COMMIT.
const char *build_information_commit(void);

#endif
