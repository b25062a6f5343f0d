#ifndef LOCKSTITCH_SERVICES_LOADER_PREVIEW_LOAD_H_
#define LOCKSTITCH_SERVICES_LOADER_PREVIEW_LOAD_H_

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// What OpenLoad would decide for the request, as far as can be told without a snapshot of the
// source: which database is read isn't looked at. Reads the destination in a transaction of its
// own, changes nothing and waits for no lock. Why the load would fail is part of the preview; an
// error says that nothing can be told.
absl::StatusOr<v1::LoadPreview> PreviewLoad(postgres::Connection& connection,
                                            const v1::BeginLoadRequest& request);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_PREVIEW_LOAD_H_
