// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/quirks.h"

#include <gtest/gtest.h>

namespace assay::odbc {
namespace {

TEST(VersionTextTest, IsWhatTheMakersWrite) {
  Quirks maria;
  EXPECT_EQ(VersionText(maria, "10.11.000019"), "10.11.19");
  EXPECT_EQ(VersionText(maria, "03.40.0001-x.0"), "3.40.1-x.0");
  EXPECT_EQ(VersionText(maria, "10.0.000038"), "10.0.38");
  EXPECT_EQ(VersionText(maria, ""), "");
  Quirks postgresql;
  postgresql.zero_in_version = true;
  EXPECT_EQ(VersionText(postgresql, "15.0.18"), "15.18");
  EXPECT_EQ(VersionText(postgresql, "10.00.0000"), "10.0");
  EXPECT_EQ(VersionText(postgresql, "09.06.0024"), "9.6.24");
  EXPECT_EQ(VersionText(postgresql, "9.0.23"), "9.0.23");
  EXPECT_EQ(VersionText(postgresql, "16.3"), "16.3");
}

}  // namespace
}  // namespace assay::odbc
