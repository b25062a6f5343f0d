// Preloaded into a gRPC server, fixes how many bytes of a call may be under way to it beyond what
// it has asked for, to STREAM_WINDOW_BYTES, which gRPC else finds out by measuring.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <stdlib.h>
#include <string.h>

grpc_server* grpc_server_create(const grpc_channel_args* args, void* reserved) {
  typedef grpc_server* Create(const grpc_channel_args*, void*);
  Create* create = (Create*)dlsym(RTLD_NEXT, "grpc_server_create");
  const char* bytes = getenv("STREAM_WINDOW_BYTES");
  if (create == NULL || bytes == NULL) abort();

  const grpc_arg added[] = {
      {.type = GRPC_ARG_INTEGER,
       .key = (char*)GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
       .value.integer = atoi(bytes)},
      {.type = GRPC_ARG_INTEGER, .key = (char*)GRPC_ARG_HTTP2_BDP_PROBE, .value.integer = 0},
  };
  const size_t given = args == NULL ? 0 : args->num_args;
  grpc_arg* all = malloc(given * sizeof *all + sizeof added);
  if (all == NULL) abort();
  if (given > 0) memcpy(all, args->args, given * sizeof *all);
  memcpy(all + given, added, sizeof added);
  const grpc_channel_args with_window = {.num_args = given + 2, .args = all};
  grpc_server* server = create(&with_window, reserved);
  free(all);
  return server;
}
