// libcurl as a module. Its variadic functions, which Swift cannot call, are wrapped once per type of argument.
#pragma once

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
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

/// What tells the connection of an exchange that is under way from others: the TLS session, which each connection has
/// one of. Null for plain HTTP, and before there is a connection. (libcurl tells the socket only of an exchange that has
/// ended, and the local port only to the one that has opened the connection.)
static inline const void *_Nullable ccurl_get_connection(CURL *_Nonnull easy) {
  struct curl_tlssessioninfo *session = NULL;
  if ((curl_easy_getinfo)(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == NULL) return NULL;
  return session->internals;
}

/// Ends the connection that an exchange was on which has ended, if libcurl still has it. libcurl finds that out as it
/// finds out about one that the server has ended, and closes the socket itself.
static inline void ccurl_end_connection(CURL *_Nonnull easy) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if ((curl_easy_getinfo)(easy, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK || socket == CURL_SOCKET_BAD) return;
  shutdown(socket, SHUT_RDWR);
}

/// Called by libcurl for each socket before it connects; the context is a number of milliseconds. A system that does
/// not know the option goes by its own bounds.
static inline int ccurl_prepare_socket(void *_Nullable context, curl_socket_t socket, curlsocktype purpose) {
  (void)purpose;
#ifdef TCP_USER_TIMEOUT
  unsigned int milliseconds = (unsigned int)(uintptr_t)context;
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
#else
  (void)context;
  (void)socket;
#endif
  return CURL_SOCKOPT_OK;
}

/// Bounds the time in which the peer's system may leave unanswered what TCP sends it, probes of an idle connection
/// included: after that the connection has failed. Otherwise Linux goes on trying for 15 minutes.
static inline CURLcode ccurl_set_user_timeout(CURL *_Nonnull easy, unsigned int milliseconds) {
  CURLcode code = (curl_easy_setopt)(easy, CURLOPT_SOCKOPTDATA, (void *)(uintptr_t)milliseconds);
  return code == CURLE_OK ? (curl_easy_setopt)(easy, CURLOPT_SOCKOPTFUNCTION, ccurl_prepare_socket) : code;
}

static inline CURLMcode ccurl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}
