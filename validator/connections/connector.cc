// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/connector.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/connections/secrets.h"
#include "validator/odbc/odbc.h"

namespace assay::connections {
namespace {

const sql::Dialect* DialectOfDriver(const std::string& driver) {
  const std::string lower = absl::AsciiStrToLower(driver);
  static constexpr struct {
    const char* part;
    const char* dialect;
  } kDrivers[] = {
      {"psqlodbc", "postgresql"}, {"postgres", "postgresql"},
      {"maodbc", "mariadb"},      {"mariadb", "mariadb"},
      {"myodbc", "mariadb"},      {"mysql", "mariadb"},
      {"sqlite", "sqlite"},
  };
  for (const auto& row : kDrivers) {
    if (absl::StrContains(lower, row.part)) {
      return sql::FindDialect(row.dialect);
    }
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<db::Connection>> OpenWith(
    const std::string& name, const sql::Dialect& dialect,
    const ExpandedString& expanded) {
  odbc::ConnectionString string = expanded.string;
  for (const sql::DriverSetting& setting : dialect.DriverSettings()) {
    if (setting.pinned) {
      string.Set(setting.keyword, setting.value);
    } else {
      string.SetDefault(setting.keyword, setting.value);
    }
  }
  odbc::OpenOptions options;
  options.connection_string = string.ToString();
  options.secrets = expanded.secrets;
  options.counted_as = name;
  return odbc::Open(options);
}

int64_t AsInteger(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer;
  // MariaDB's ids are unsigned and so come as text.
  const absl::StatusOr<Value> parsed =
      ParseValue(TypeClass::kInteger, ToText(value));
  if (!parsed.ok()) return 0;
  const auto* integer = std::get_if<int64_t>(&*parsed);
  return integer == nullptr ? 0 : *integer;
}

absl::StatusOr<Connected> TryConnect(const ConnectionConfig& config,
                                     const CancellationToken& cancel) {
  ASSAY_RETURN_IF_ERROR(cancel.status());
  ASSAY_ASSIGN_OR_RETURN(const ExpandedString expanded,
                         ExpandSecrets(config.odbc));
  const sql::Dialect* forced =
      config.dialect.empty() ? nullptr : sql::FindDialect(config.dialect);
  const sql::Dialect* dialect =
      forced != nullptr ? forced : GuessDialect(expanded.string);
  if (dialect == nullptr) dialect = sql::FindDialect("ansi");
  Connected out;
  ASSAY_ASSIGN_OR_RETURN(out.connection,
                         OpenWith(config.name, *dialect, expanded));
  if (forced == nullptr && !dialect->Speaks(out.connection->dbms_name())) {
    // The driver's name misled, or said nothing: its settings may be missing.
    const sql::Dialect& actual =
        sql::DialectForDbms(out.connection->dbms_name());
    if (&actual != dialect) {
      dialect = &actual;
      out.connection.reset();
      ASSAY_ASSIGN_OR_RETURN(out.connection,
                             OpenWith(config.name, *dialect, expanded));
    }
  }
  out.dialect = dialect;
  for (const std::string& sql :
       dialect->SessionSetup(config.statement_timeout)) {
    ASSAY_RETURN_IF_ERROR(Annotate(out.connection->Execute(sql, cancel),
                                   absl::StrCat("session setup: ", sql)));
  }
  if (const std::string query = dialect->ConnectionIdQuery(); !query.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const std::optional<std::vector<Value>> row,
                           FirstRow(*out.connection, query, cancel));
    if (row.has_value() && !row->empty()) {
      out.server_connection_id = AsInteger(row->front());
    }
  }
  return out;
}

}  // namespace

const sql::Dialect* GuessDialect(const odbc::ConnectionString& string) {
  std::string driver = string.Get("driver").value_or("");
  if (driver.empty()) {
    const std::optional<std::string> dsn = string.Get("dsn");
    if (dsn.has_value()) driver = odbc::DataSourceDriver(*dsn);
  }
  if (driver.empty()) return nullptr;
  const sql::Dialect* dialect = DialectOfDriver(driver);
  if (dialect != nullptr) return dialect;
  // A name of the administrator's choice: its library may tell.
  return DialectOfDriver(odbc::DriverLibrary(driver));
}

absl::StatusOr<std::optional<std::vector<Value>>> FirstRow(
    db::Connection& connection, const std::string& query,
    const CancellationToken& cancel) {
  ASSAY_ASSIGN_OR_RETURN(
      std::unique_ptr<db::Cursor> cursor,
      connection.Query({query, {}}, {.cancel = cancel, .block_rows = 1}));
  ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
  if (block == nullptr) return std::optional<std::vector<Value>>();
  std::vector<Value> row;
  for (size_t i = 0; i < cursor->columns().size(); ++i) {
    row.push_back(db::CellValue(*cursor, *block, 0, i));
  }
  return std::optional(std::move(row));
}

absl::StatusOr<Connected> Connect(const ConnectionConfig& config,
                                  const CancellationToken& cancel) {
  absl::StatusOr<Connected> connected = TryConnect(config, cancel);
  if (connected.ok()) {
    Count(Metric::kConnectionsOpened, {config.name});
    return connected;
  }
  if (!cancel.cancelled()) {
    Count(
        Metric::kConnectionFailures,
        {config.name, GetErrorReasonInfo(GetReason(connected.status())).name});
  }
  return Annotate(connected.status(), absl::StrCat("connection ", config.name));
}

}  // namespace assay::connections
