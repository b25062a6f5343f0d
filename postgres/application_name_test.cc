#include "postgres/application_name.h"

#include "gtest/gtest.h"

namespace lockstitch::postgres {
namespace {

TEST(ApplicationNameTest, TellsServiceRunAndStream) {
  EXPECT_EQ(ApplicationName("loader", "0123456789abcdef", "public.orders"),
            "lockstitch loader 01234567 public.orders");
}

TEST(ApplicationNameTest, IsCutBetweenCharacters) {
  // 30 bytes, then characters of two each: the 63rd byte would be the first half of one.
  std::string stream;
  for (int i = 0; i < 30; ++i) stream += "ö";
  const std::string name = ApplicationName("extractor", "01234567", stream);
  EXPECT_EQ(name, "lockstitch extractor 01234567 " + stream.substr(0, 32));
  EXPECT_EQ(name.size(), 62u);
}

}  // namespace
}  // namespace lockstitch::postgres
