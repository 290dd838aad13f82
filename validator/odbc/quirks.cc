// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/quirks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay::odbc {

std::string GetInfoText(SQLHDBC connection, SQLUSMALLINT item) {
  char buffer[256] = {};
  SQLSMALLINT length = 0;
  if (!SQL_SUCCEEDED(
          SQLGetInfo(connection, item, buffer, sizeof buffer, &length))) {
    return "";
  }
  return std::string(buffer, std::clamp<size_t>(length, 0, sizeof buffer - 1));
}

std::string VersionText(const Quirks& quirks, const std::string& told) {
  std::vector<std::string> parts = absl::StrSplit(told, '.');
  for (std::string& part : parts) {
    const size_t digits = part.find_first_not_of("0123456789");
    const size_t end = digits == std::string::npos ? part.size() : digits;
    if (end == 0) continue;
    part.erase(0, std::min(part.find_first_not_of('0'), end - 1));
  }
  // Version 9.6 was the last to have a part between.
  const bool two_parts = parts.front().size() > 1;
  if (quirks.zero_in_version && two_parts && parts.size() > 2 &&
      parts[1] == "0") {
    parts.erase(parts.begin() + 1);
  }
  return absl::StrJoin(parts, ".");
}

Quirks QuirksOf(SQLHDBC connection, std::string_view dbms_name) {
  const std::string driver = GetInfoText(connection, SQL_DRIVER_NAME);
  const auto driver_has = [&driver](std::string_view part) {
    return driver.find(part) != std::string::npos;
  };
  Quirks quirks;
  if (driver_has("psqlodbc")) {
    quirks.fetch = FetchMethod::kSetPosition;
    quirks.unique_keys = UniqueKeys::kPostgresql;
    quirks.real_as_float = true;
    quirks.double_as_text = true;
    quirks.lone_escape_is_literal = true;
    quirks.zero_in_version = true;
    return quirks;
  }
  if (driver_has("maodbc")) {
    quirks.fetch = FetchMethod::kBoundedArray;
    quirks.unique_keys = UniqueKeys::kStatistics;
    quirks.catalog_is_schema = true;
    quirks.cancel_idle_statement = true;
    return quirks;
  }
  if (driver_has("sqlite")) {
    quirks.fetch = FetchMethod::kRow;
    quirks.unique_keys = UniqueKeys::kSqlite;
    quirks.typed_values = true;
    quirks.blobs_as_hex = true;
    quirks.cancel_idle_statement = true;
    quirks.only_schema = "main";
    return quirks;
  }
  SQLUINTEGER extensions = 0;
  SQLGetInfo(connection, SQL_GETDATA_EXTENSIONS, &extensions, sizeof extensions,
             nullptr);
  constexpr SQLUINTEGER kNeeded =
      SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER | SQL_GD_BOUND;
  if ((extensions & kNeeded) == kNeeded) quirks.fetch = FetchMethod::kRow;
  if (dbms_name == "MySQL" || dbms_name == "MariaDB") {
    quirks.catalog_is_schema = true;
    quirks.unique_keys = UniqueKeys::kStatistics;
  }
  if (dbms_name == "PostgreSQL") {
    quirks.unique_keys = UniqueKeys::kPostgresql;
  }
  return quirks;
}

}  // namespace assay::odbc
