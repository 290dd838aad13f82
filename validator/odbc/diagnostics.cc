// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/diagnostics.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {
namespace {

using R = ErrorReason;

struct MessageRule {
  const char* part;  // In lower case.
  ErrorReason reason;
};

// Messages that say more than their SQLSTATE, for drivers that give HY000 or
// 08001 to everything. First match wins.
constexpr MessageRule kConnectMessages[] = {
    {"password authentication failed", R::kAuthenticationFailed},
    {"no password supplied", R::kAuthenticationFailed},
    {"no pg_hba.conf entry", R::kAuthenticationFailed},
    {"authentication failed", R::kAuthenticationFailed},
    {"access denied for user", R::kAuthenticationFailed},
    {"login failed", R::kAuthenticationFailed},
    {"is not permitted to log in", R::kAuthenticationFailed},
    {"file is not a database", R::kUnsupported},
    {"file is encrypted", R::kUnsupported},
};

constexpr MessageRule kStatementMessages[] = {
    {"no such table", R::kTableNotFound},
    {"no such column", R::kColumnNotFound},
    {"database is locked", R::kTransient},
    {"database table is locked", R::kTransient},
    {"database schema has changed", R::kTransient},
    {"unable to open database file", R::kDatabaseNotFound},
    {"readonly database", R::kPermissionDenied},
    {"read-only transaction", R::kPermissionDenied},
    {"disk i/o error", R::kConnectionLost},
    {"database disk image is malformed", R::kDataError},
    {"file is not a database", R::kUnsupported},
    {"integer overflow", R::kDataError},
    {"string or blob too big", R::kValueTooLarge},
    {"server closed the connection", R::kConnectionLost},
    {"connection has been lost", R::kConnectionLost},
    {"no connection to the server", R::kConnectionLost},
    {"could not receive data from server", R::kConnectionLost},
    {"could not send data to server", R::kConnectionLost},
    {"terminating connection", R::kConnectionLost},
    {"ssl connection has been closed", R::kConnectionLost},
    {"lost connection", R::kConnectionLost},
    {"server has gone away", R::kConnectionLost},
};

constexpr int kSqliteCannotOpen = 14;  // SQLITE_CANTOPEN

struct NativeRule {
  int native;
  ErrorReason reason;
};

// MariaDB's and MySQL's error numbers.
constexpr NativeRule kMariaDb[] = {
    {1040, R::kDatabaseUnreachable},   // Too many connections.
    {1042, R::kDatabaseUnreachable},   // Cannot resolve the host.
    {1043, R::kDatabaseUnreachable},   // Bad handshake.
    {1044, R::kPermissionDenied},      // Access denied to the database.
    {1045, R::kAuthenticationFailed},  // Access denied for the user.
    {1049, R::kDatabaseNotFound},      // Unknown database.
    {1054, R::kColumnNotFound},
    {1053, R::kConnectionLost},  // Server shutdown in progress.
    {1129, R::kDatabaseUnreachable},
    {1130, R::kAuthenticationFailed},  // Host may not connect.
    {1142, R::kPermissionDenied},
    {1143, R::kPermissionDenied},
    {1146, R::kTableNotFound},
    {1153, R::kValueTooLarge},  // Packet larger than max_allowed_packet.
    {1158, R::kConnectionLost},
    {1159, R::kConnectionLost},
    {1160, R::kConnectionLost},
    {1161, R::kConnectionLost},
    {1184, R::kConnectionLost},
    {1203, R::kDatabaseUnreachable},  // max_user_connections.
    {1205, R::kTransient},            // Lock wait time-out.
    {1213, R::kTransient},            // Deadlock.
    {1226, R::kDatabaseUnreachable},  // A resource limit of the user.
    {1227, R::kPermissionDenied},
    {1290, R::kPermissionDenied},
    {1317, R::kTransient},      // Interrupted by somebody else's KILL.
    {1356, R::kTableNotFound},  // A view that refers to invalid tables.
    {1365, R::kDataError},      // Division by zero.
    {1370, R::kPermissionDenied},
    {1412, R::kTransient},  // The table's definition has changed.
    {1690, R::kDataError},  // Out of range.
    {1698, R::kAuthenticationFailed},
    {1792, R::kPermissionDenied},  // A read-only transaction.
    {1927, R::kConnectionLost},    // Killed.
    {1969, R::kStatementTimeout},  // max_statement_time.
    {2002, R::kDatabaseUnreachable},
    {2003, R::kDatabaseUnreachable},
    {2005, R::kDatabaseUnreachable},
    {2006, R::kConnectionLost},
    {2014, R::kConnectionLost},  // Commands out of sync.
    {2013, R::kConnectionLost},
    {2026, R::kDatabaseUnreachable},  // TLS.
    {2055, R::kConnectionLost},
    {3024, R::kStatementTimeout},
    {3159, R::kAuthenticationFailed},
    {4031, R::kConnectionLost},
};

struct StateRule {
  const char* state;  // A whole SQLSTATE, or its class of two characters.
  ErrorReason reason;
};

// Whole states before their classes.
constexpr StateRule kStates[] = {
    {"IM002", R::kDriverMissing},
    {"IM003", R::kDriverMissing},
    {"IM004", R::kDriverMissing},
    {"IM001", R::kUnsupported},
    {"HYC00", R::kUnsupported},
    {"HYT00", R::kStatementTimeout},
    {"HYT01", R::kDatabaseUnreachable},
    {"HY008", R::kTransient},
    {"08007", R::kConnectionLost},
    {"08003", R::kConnectionLost},
    {"08S01", R::kConnectionLost},
    {"08", R::kDatabaseUnreachable},
    {"28", R::kAuthenticationFailed},
    {"3D", R::kDatabaseNotFound},
    {"3F", R::kTableNotFound},
    {"42501", R::kPermissionDenied},
    {"25006", R::kPermissionDenied},
    {"42P01", R::kTableNotFound},
    {"42S02", R::kTableNotFound},
    {"S0002", R::kTableNotFound},
    {"42703", R::kColumnNotFound},
    {"42S22", R::kColumnNotFound},
    {"S0022", R::kColumnNotFound},
    {"0A", R::kUnsupported},
    {"40", R::kTransient},
    {"55P03", R::kTransient},
    {"55006", R::kTransient},
    {"57014", R::kTransient},
    {"57P03", R::kDatabaseUnreachable},
    {"57P", R::kConnectionLost},
    {"53300", R::kDatabaseUnreachable},
    {"53", R::kTransient},
    {"58", R::kTransient},
    {"72000", R::kTransient},
    {"54000", R::kValueTooLarge},
    {"XX001", R::kDataError},
    {"XX002", R::kDataError},
    {"22", R::kDataError},
    {"42", R::kSqlError},
};

template <size_t kSize>
std::optional<ErrorReason> FindMessage(const MessageRule (&rules)[kSize],
                                       const std::string& lower) {
  for (const MessageRule& rule : rules) {
    if (absl::StrContains(lower, rule.part)) return rule.reason;
  }
  return std::nullopt;
}

std::optional<ErrorReason> FindState(const std::string& state) {
  for (const StateRule& rule : kStates) {
    if (absl::StartsWith(state, rule.state)) return rule.reason;
  }
  return std::nullopt;
}

std::optional<ErrorReason> TryClassify(const Diagnostic& diagnostic,
                                       Phase phase) {
  const std::string lower = absl::AsciiStrToLower(diagnostic.message);
  if (absl::StrContains(lower, "can't open lib")) return R::kDriverMissing;
  if (phase == Phase::kConnect) {
    if (auto reason = FindMessage(kConnectMessages, lower)) return reason;
    // libpq's FATAL: role "x" does not exist; database "x" does not exist.
    if (absl::StrContains(lower, "does not exist")) {
      if (absl::StrContains(lower, "role \"")) return R::kAuthenticationFailed;
      if (absl::StrContains(lower, "database \"")) return R::kDatabaseNotFound;
    }
    // sqliteodbc says no more than this of SQLITE_CANTOPEN.
    if (diagnostic.native == kSqliteCannotOpen &&
        absl::StrContains(lower, "connect failed")) {
      return R::kDatabaseNotFound;
    }
  }
  // PostgreSQL cancels for several causes with one state.
  if (diagnostic.state == "57014" &&
      absl::StrContains(lower, "statement timeout")) {
    return R::kStatementTimeout;
  }
  if (absl::StrContains(lower, "mariadb") ||
      absl::StrContains(lower, "mysql") || absl::StrContains(lower, "[ma-")) {
    for (const NativeRule& rule : kMariaDb) {
      if (rule.native == diagnostic.native) return rule.reason;
    }
  }
  const std::optional<ErrorReason> by_state = FindState(diagnostic.state);
  // General states say nothing; the message may. A specific one is trusted,
  // since a message may quote anything.
  const bool general = !by_state.has_value() || diagnostic.state == "HY000" ||
                       absl::StartsWith(diagnostic.state, "08") ||
                       absl::StartsWith(diagnostic.state, "01");
  if (general) {
    if (auto reason = FindMessage(kStatementMessages, lower)) return reason;
  }
  if (!by_state.has_value()) return std::nullopt;
  if (phase == Phase::kStatement && absl::StartsWith(diagnostic.state, "08")) {
    return R::kConnectionLost;
  }
  if (phase == Phase::kConnect && diagnostic.state == "HYT00") {
    return R::kDatabaseUnreachable;
  }
  return by_state;
}

}  // namespace

std::vector<Diagnostic> ReadDiagnostics(SQLSMALLINT type, SQLHANDLE handle) {
  std::vector<Diagnostic> out;
  for (SQLSMALLINT i = 1; i <= 8; ++i) {
    SQLCHAR state[6] = {};
    SQLINTEGER native = 0;
    std::string message(1024, '\0');
    SQLSMALLINT length = 0;
    SQLRETURN result =
        SQLGetDiagRec(type, handle, i, state, &native, OdbcText(message.data()),
                      static_cast<SQLSMALLINT>(message.size()), &length);
    if (result == SQL_SUCCESS_WITH_INFO && length > 0) {
      message.resize(std::min(length + 1, 32000));
      result = SQLGetDiagRec(type, handle, i, state, &native,
                             OdbcText(message.data()),
                             static_cast<SQLSMALLINT>(message.size()), &length);
    }
    if (!SQL_SUCCEEDED(result)) break;
    message.resize(std::min<size_t>(std::max<int>(length, 0), message.size()));
    // A driver that counts wrong leaves zeros behind the text.
    message.resize(std::min(message.size(), message.find('\0')));
    out.push_back({reinterpret_cast<char*>(state), static_cast<int>(native),
                   std::move(message)});
  }
  return out;
}

ErrorReason Classify(const Diagnostic& diagnostic, Phase phase) {
  const bool connecting = phase == Phase::kConnect;
  const ErrorReason reason =
      TryClassify(diagnostic, phase)
          .value_or(connecting ? R::kDatabaseUnreachable : R::kSqlError);
  // Nothing can be lost that was not there yet.
  return connecting && reason == R::kConnectionLost ? R::kDatabaseUnreachable
                                                    : reason;
}

std::string ReadableMessage(std::string_view message) {
  while (!message.empty() && message.front() == '[') {
    const size_t end = message.find(']');
    if (end == std::string_view::npos) break;
    message.remove_prefix(end + 1);
    while (!message.empty() && message.front() == ' ') message.remove_prefix(1);
  }
  std::string out;
  for (const char c : message) {
    const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!space) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  // psqlODBC's trailer, and what it leaves behind.
  const size_t trailer = out.find("; Error while ");
  if (trailer != std::string::npos) out.resize(trailer);
  while (!out.empty() && (out.back() == ' ' || out.back() == ';')) {
    out.pop_back();
  }
  return out;
}

absl::Status ToStatus(const std::vector<Diagnostic>& diagnostics, Phase phase,
                      const Scrubber& scrubber) {
  if (diagnostics.empty()) {
    return MakeError(
        phase == Phase::kConnect ? R::kDatabaseUnreachable : R::kSqlError,
        "the driver failed without saying why");
  }
  const Diagnostic* chosen = nullptr;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (TryClassify(diagnostic, phase).has_value()) {
      chosen = &diagnostic;
      break;
    }
  }
  if (chosen == nullptr) chosen = &diagnostics.front();
  const ErrorReason reason = Classify(*chosen, phase);
  std::string text = scrubber.Scrub(ReadableMessage(chosen->message));
  absl::StrAppend(&text, " (SQLSTATE ", chosen->state);
  if (chosen->native > 0) absl::StrAppend(&text, ", error ", chosen->native);
  text.push_back(')');
  if (reason == R::kDriverMissing) {
    const std::vector<std::string> drivers = InstalledDrivers();
    absl::StrAppend(&text, "; installed drivers: ",
                    drivers.empty() ? "none" : absl::StrJoin(drivers, ", "));
  }
  if (reason == R::kDatabaseNotFound && chosen->native == kSqliteCannotOpen) {
    absl::StrAppend(&text,
                    "; the database file cannot be opened: check its path "
                    "(Database= of the connection; a relative one begins where "
                    "assayd was started) and permissions (a missing file is "
                    "never created)");
  }
  return MakeError(reason, text);
}

}  // namespace assay::odbc
