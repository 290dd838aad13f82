// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "validator/odbc/handle.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {
namespace {

// SQLDrivers and SQLDataSources: a name, and a second text.
using List = std::function<SQLRETURN(
    SQLHENV environment, SQLUSMALLINT direction, SQLCHAR* name,
    SQLSMALLINT name_size, SQLCHAR* text, SQLSMALLINT text_size)>;

void ForEach(const List& list,
             const std::function<void(const std::string& name,
                                      const std::string& text)>& visit) {
  EnvironmentHandle environment;
  if (!environment.Allocate(nullptr)) return;
  SQLSetEnvAttr(environment.get(), SQL_ATTR_ODBC_VERSION,
                OdbcInteger(SQL_OV_ODBC3), 0);
  char name[256] = {};
  std::string text(4096, '\0');
  SQLUSMALLINT direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(list(environment.get(), direction, OdbcText(name),
                            sizeof name, OdbcText(text.data()),
                            static_cast<SQLSMALLINT>(text.size())))) {
    visit(name, text);
    direction = SQL_FETCH_NEXT;
    text.assign(text.size(), '\0');
  }
}

SQLRETURN ListDrivers(SQLHENV environment, SQLUSMALLINT direction,
                      SQLCHAR* name, SQLSMALLINT name_size, SQLCHAR* text,
                      SQLSMALLINT text_size) {
  SQLSMALLINT ignored = 0;
  return SQLDrivers(environment, direction, name, name_size, &ignored, text,
                    text_size, &ignored);
}

SQLRETURN ListDataSources(SQLHENV environment, SQLUSMALLINT direction,
                          SQLCHAR* name, SQLSMALLINT name_size, SQLCHAR* text,
                          SQLSMALLINT text_size) {
  SQLSMALLINT ignored = 0;
  return SQLDataSources(environment, direction, name, name_size, &ignored, text,
                        text_size, &ignored);
}

bool SameName(const std::string& a, std::string_view b) {
  return absl::EqualsIgnoreCase(a, absl::string_view(b.data(), b.size()));
}

}  // namespace

std::vector<std::string> InstalledDrivers() {
  std::vector<std::string> names;
  ForEach(ListDrivers, [&](const std::string& name, const std::string&) {
    names.push_back(name);
  });
  return names;
}

std::string DriverLibrary(std::string_view name) {
  std::string library;
  ForEach(ListDrivers, [&](const std::string& driver, const std::string& text) {
    if (!SameName(driver, name)) return;
    // Attributes as "key=value", each ended by a zero byte.
    for (size_t at = 0; at < text.size() && text[at] != '\0';
         at = text.find('\0', at) + 1) {
      const std::string attribute = text.c_str() + at;
      if (absl::StartsWithIgnoreCase(attribute, "driver=")) {
        library = attribute.substr(7);
      }
      if (text.find('\0', at) == std::string::npos) break;
    }
  });
  return library;
}

std::string DataSourceDriver(std::string_view name) {
  std::string driver;
  ForEach(ListDataSources,
          [&](const std::string& dsn, const std::string& text) {
            // unixODBC gives the driver's name as the description.
            if (SameName(dsn, name)) driver = text.substr(0, text.find('\0'));
          });
  return driver;
}

}  // namespace assay::odbc
