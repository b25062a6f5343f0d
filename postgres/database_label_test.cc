#include "postgres/database_label.h"

#include "gtest/gtest.h"

namespace lockstitch::postgres {
namespace {

v1::PostgresConnection Url(const std::string& url) {
  v1::PostgresConnection server;
  server.set_url(url);
  return server;
}

TEST(DatabaseLabelTest, TellsDatabasesApartWhoeverConnects) {
  const std::string label = DatabaseLabel(Url("postgres://ann:secret@Db.Example:5433/shop"));
  EXPECT_EQ(label, "db.example:5433/shop");
  v1::PostgresConnection fields;
  fields.set_host("db.example");
  fields.set_port(5433);
  fields.set_database("shop");
  fields.set_user("bob");
  EXPECT_EQ(DatabaseLabel(fields), label);
  EXPECT_NE(DatabaseLabel(Url("postgres://ann@db.example:5432/shop")), label);
  EXPECT_NE(DatabaseLabel(Url("postgres://ann@db.example:5433/crm")), label);
}

TEST(DatabaseLabelTest, AFileOfAnotherMachineStandsForWhatItHolds) {
  v1::PostgresConnection first, second;
  first.set_url_file("/run/secrets/first");
  second.set_url_file("/run/secrets/second");
  EXPECT_NE(DatabaseLabel(first), DatabaseLabel(second));
  EXPECT_EQ(DatabaseLabel(first), DatabaseLabel(first));
}

}  // namespace
}  // namespace lockstitch::postgres
