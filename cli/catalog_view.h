#ifndef LOCKSTITCH_CLI_CATALOG_VIEW_H_
#define LOCKSTITCH_CLI_CATALOG_VIEW_H_

#include <string>
#include <vector>

#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::cli {

// A table with everything that is known of it, as one line of JSON without an end.
std::string TableJson(const v1::Table& table);

// Tables for people: one line each, then what stands in the way of some.
class CatalogText {
 public:
  void Add(const v1::Table& table);
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::string obstacles_;
};

// One table for people, column by column.
std::string TableText(const v1::Table& table);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CATALOG_VIEW_H_
