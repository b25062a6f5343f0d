#ifndef LOCKSTITCH_SCHEMA_RECOMMENDATION_H_
#define LOCKSTITCH_SCHEMA_RECOMMENDATION_H_

#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::schema {

// How best to replicate `table`, which has everything else already and no obstacle. INCREMENTAL
// where a primary key tells rows apart and a key tells which have changed, unless the table is so
// small that reading all of it costs nothing; else FULL_TABLE. `has_children`: its stream holds the
// rows of tables that inherit from it.
v1::Recommendation Recommend(const v1::Table& table, bool has_children);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_RECOMMENDATION_H_
