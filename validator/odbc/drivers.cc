// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/handle.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {

std::vector<std::string> InstalledDrivers() {
  std::vector<std::string> names;
  EnvironmentHandle environment;
  if (!environment.Allocate(SQL_NULL_HANDLE)) return names;
  SQLSetEnvAttr(environment.get(), SQL_ATTR_ODBC_VERSION,
                OdbcInteger(SQL_OV_ODBC3), 0);
  char name[256];
  char attributes[1024];
  SQLSMALLINT name_length = 0;
  SQLSMALLINT attributes_length = 0;
  SQLUSMALLINT direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(SQLDrivers(
      environment.get(), direction, OdbcText(name), sizeof name, &name_length,
      OdbcText(attributes), sizeof attributes, &attributes_length))) {
    names.emplace_back(name);
    direction = SQL_FETCH_NEXT;
  }
  return names;
}

}  // namespace assay::odbc
