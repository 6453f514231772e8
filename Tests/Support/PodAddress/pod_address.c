#define _GNU_SOURCE
#include "pod_address.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static bool find_pod_address(in_addr_t *address) {
  const char *text = getenv("POD_NETWORK_IP");
  struct in_addr parsed;
  if (text == NULL || inet_pton(AF_INET, text, &parsed) != 1) return false;
  *address = parsed.s_addr;
  return true;
}

// The pod's address in place of any other that means "this pod": every address, and the loopback one.
static bool translate(const struct sockaddr *given, socklen_t length, bool is_bind, struct sockaddr_storage *result) {
  in_addr_t pod;
  if (given == NULL || length < offsetof(struct sockaddr, sa_data) || length > sizeof(*result)) return false;
  if (!find_pod_address(&pod)) return false;
  memcpy(result, given, length);
  if (given->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in *address = (struct sockaddr_in *)result;
    bool is_any = address->sin_addr.s_addr == htonl(INADDR_ANY);
    bool is_loopback = address->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    bool is_own_port = ntohs(address->sin_port) < POD_ADDRESS_FIRST_EPHEMERAL_PORT && address->sin_port != 0;
    if (!is_own_port || !(is_loopback || (is_bind && is_any))) return false;
    address->sin_addr.s_addr = pod;
    return true;
  }
  if (given->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)result;
    bool is_own_port = ntohs(address->sin6_port) < POD_ADDRESS_FIRST_EPHEMERAL_PORT && address->sin6_port != 0;
    if (!is_bind || !is_own_port || !IN6_IS_ADDR_UNSPECIFIED(&address->sin6_addr)) return false;
    memset(&address->sin6_addr, 0, sizeof(address->sin6_addr));
    address->sin6_addr.s6_addr[10] = 0xff;
    address->sin6_addr.s6_addr[11] = 0xff;
    memcpy(&address->sin6_addr.s6_addr[12], &pod, sizeof(pod));
    return true;
  }
  return false;
}

// Sockets without a file are a pod's own as well: their names are of the network namespace.
static bool translate_abstract(const struct sockaddr *given, socklen_t length, struct sockaddr_un *result,
                               socklen_t *result_length) {
  const char *pod = getenv("POD_NETWORK_IP");
  const socklen_t offset = offsetof(struct sockaddr_un, sun_path);
  if (given == NULL || pod == NULL || length <= offset || length > sizeof(*result)) return false;
  if (given->sa_family != AF_UNIX) return false;
  memcpy(result, given, length);
  if (result->sun_path[0] != '\0') return false;
  int written = snprintf(result->sun_path + (length - offset), sizeof(*result) - length, "@%s", pod);
  if (written < 0 || (size_t)written >= sizeof(*result) - length) return false;
  *result_length = length + (socklen_t)written;
  return true;
}

int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
  int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
  struct sockaddr_un named;
  socklen_t named_length;
  if (translate_abstract(address, length, &named, &named_length)) {
    return next(descriptor, (struct sockaddr *)&named, named_length);
  }
  struct sockaddr_storage translated;
  if (!translate(address, length, true, &translated)) return next(descriptor, address, length);
  return next(descriptor, (struct sockaddr *)&translated, length);
}

// What goes to this machine comes from the pod's address, unless the program has chosen another.
static void bind_source(int descriptor, const struct sockaddr *destination, socklen_t length) {
  struct sockaddr_in own;
  socklen_t own_length = sizeof(own);
  struct sockaddr_in pod = {.sin_family = AF_INET};
  int type = 0;
  socklen_t type_length = sizeof(type);
  if (destination == NULL || length < sizeof(struct sockaddr_in) || destination->sa_family != AF_INET) return;
  if (ntohl(((const struct sockaddr_in *)destination)->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) return;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &type_length) != 0 || type != SOCK_STREAM) return;
  if (getsockname(descriptor, (struct sockaddr *)&own, &own_length) != 0 || own.sin_family != AF_INET) return;
  if (own.sin_port != 0 || own.sin_addr.s_addr != htonl(INADDR_ANY)) return;
  if (!find_pod_address(&pod.sin_addr.s_addr)) return;
  int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
  int yes = 1;
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
  next(descriptor, (struct sockaddr *)&pod, sizeof(pod));
}

int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
  int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
  struct sockaddr_un named;
  socklen_t named_length;
  if (translate_abstract(address, length, &named, &named_length)) {
    return next(descriptor, (struct sockaddr *)&named, named_length);
  }
  bind_source(descriptor, address, length);
  struct sockaddr_storage translated;
  if (!translate(address, length, false, &translated)) return next(descriptor, address, length);
  return next(descriptor, (struct sockaddr *)&translated, length);
}

// A resolver reads the pod's own file of hosts, as the kubelet gives each pod one.
static const char *hosts_path(const char *path) {
  const char *own = getenv("POD_HOSTS_FILE");
  return own != NULL && path != NULL && strcmp(path, "/etc/hosts") == 0 ? own : path;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
  FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
  return next(hosts_path(path), mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode) {
  FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen64");
  return next(hosts_path(path), mode);
}
