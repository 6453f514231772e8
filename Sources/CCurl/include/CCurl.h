// libcurl as a module. Its variadic functions, which Swift cannot call, are wrapped once per type of argument.
#pragma once

#include <curl/curl.h>
#include <stddef.h>
#include <sys/socket.h>

/// Receives `size * count` bytes, and says how many it took; `CURL_WRITEFUNC_PAUSE` stops the transfer for now.
typedef size_t (*ccurl_receiver)(char *_Nonnull bytes, size_t size, size_t count, void *_Nullable context);

static inline CURLcode ccurl_global_init(void) {
  return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline CURLcode ccurl_set_long(CURL *_Nonnull easy, CURLoption option, long value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *_Nonnull easy, CURLoption option, void *_Nullable value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_receiver(CURL *_Nonnull easy, CURLoption option, ccurl_receiver _Nonnull value) {
  return (curl_easy_setopt)(easy, option, value);
}

/// libcurl keeps its own copy of the bytes.
static inline CURLcode ccurl_set_blob(CURL *_Nonnull easy, CURLoption option, const void *_Nonnull bytes,
                                      size_t count) {
  struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = CURL_BLOB_COPY};
  return (curl_easy_setopt)(easy, option, &blob);
}

/// libcurl keeps its own copy of the bytes.
static inline CURLcode ccurl_set_body(CURL *_Nonnull easy, const void *_Nonnull bytes, size_t count) {
  CURLcode code = (curl_easy_setopt)(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  return code == CURLE_OK ? (curl_easy_setopt)(easy, CURLOPT_COPYPOSTFIELDS, bytes) : code;
}

static inline CURLcode ccurl_get_long(CURL *_Nonnull easy, CURLINFO info, long *_Nonnull value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode ccurl_get_pointer(CURL *_Nonnull easy, CURLINFO info, void *_Nullable *_Nonnull value) {
  return (curl_easy_getinfo)(easy, info, value);
}

/// Ends the connection that an exchange was on, if libcurl still has it. libcurl finds that out as it finds out about
/// one that the server has ended, and closes the socket itself.
static inline void ccurl_end_connection(CURL *_Nonnull easy) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if ((curl_easy_getinfo)(easy, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK || socket == CURL_SOCKET_BAD) return;
  shutdown(socket, SHUT_RDWR);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}
