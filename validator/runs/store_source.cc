// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/store_source.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "validator/base/status.h"
#include "validator/connections/secrets.h"
#include "validator/odbc/connection_string.h"
#include "validator/odbc/odbc.h"

namespace assay::runs {
namespace {

constexpr absl::Duration kLoginTimeout = absl::Seconds(5);

// "run store on PostgreSQL, database 'assay' at 'db1'": of the string as it is
// written, so that no secret can be in it.
std::string NameOfDatabase(const StoreDialect& dialect,
                           const std::string& text) {
  const odbc::ConnectionString string(text);
  std::string name = absl::StrCat("run store on ", dialect.name);
  for (const auto& [label, keywords] :
       std::initializer_list<std::pair<const char*, std::vector<const char*>>>{
           {"data source", {"dsn"}},
           {"database", {"database", "db"}},
           {"at", {"servername", "server"}}}) {
    for (const char* const keyword : keywords) {
      const std::optional<std::string> value = string.Get(keyword);
      if (!value.has_value() || value->find("${") != std::string::npos) {
        continue;
      }
      absl::StrAppend(&name, ", ", label, " '", *value, "'");
      break;
    }
  }
  return name;
}

// What `unfit` says of the database, opened by SQLite's URI parameter `how`; ""
// also where it cannot be read, which the real connection is to report.
std::string WhyUnfit(const std::string& path, const char* how,
                     const char* unfit) {
  odbc::OpenOptions open;
  open.login_timeout = kLoginTimeout;
  open.connection_string = absl::StrCat(
      "Driver=SQLite3;NoCreat=1;Database=file://",
      absl::StrReplaceAll(std::filesystem::absolute(path).string(),
                          {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}),
      "?", how);
  // Not OpenStore, which makes a store of what it opens.
  const auto connection = odbc::Open(open);
  if (!connection.ok()) return "";
  const auto cursor = (*connection)->Query({unfit, {}}, {});
  if (!cursor.ok()) return "";
  const absl::StatusOr<const db::RowBlock*> block = (*cursor)->Next();
  return block.ok() && *block != nullptr && (*block)->rows() > 0
             ? ToText(db::CellValue(**cursor, **block, 0, 0))
             : "";
}

// Somebody else's database is refused before anything is done to it: its mode,
// its journal.
absl::Status CheckDatabase(const std::string& path, const char* unfit) {
  std::error_code ignored;
  if (path.empty() || std::filesystem::file_size(path, ignored) == 0 ||
      ignored) {
    return absl::OkStatus();
  }
  // Immutable: without its journal, which another connection would take up.
  std::string why = WhyUnfit(path, "immutable=1", unfit);
  // Only there its tables may be yet; who only reads does not empty it.
  if (why.empty() && std::filesystem::file_size(path + "-wal", ignored) > 0 &&
      !ignored) {
    why = WhyUnfit(path, "mode=ro", unfit);
  }
  if (why.empty()) return absl::OkStatus();
  return MakeError(ErrorReason::kStoreFailed,
                   absl::StrCat("the database '", path,
                                "' cannot hold the run store: ", why));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreSource>> StoreSource::Open(
    const StoreOptions& options) {
  std::unique_ptr<StoreSource> source(new StoreSource(options));
  if (!options.postgresql.empty()) {
    source->dialect_ = &PostgresqlStore();
    source->name_ = NameOfDatabase(*source->dialect_, options.postgresql);
    return source;
  }
  source->dialect_ = &SqliteStore();
  ASSAY_RETURN_IF_ERROR(CheckStorePath(options.path));
  ASSAY_RETURN_IF_ERROR(CheckDatabase(options.path, source->dialect_->unfit));
  ASSAY_ASSIGN_OR_RETURN(source->file_, StoreFile::Open(options.path));
  source->name_ = absl::StrCat("run store '", source->file_->path(), "'");
  return source;
}

std::string StoreSource::file_path() const {
  return file_ == nullptr ? "" : file_->path();
}

absl::StatusOr<std::unique_ptr<db::StoreConnection>> StoreSource::Connect()
    const {
  odbc::OpenOptions open;
  open.login_timeout = kLoginTimeout;
  if (file_ != nullptr) {
    open.connection_string = file_->ConnectionString();
  } else {
    ASSAY_ASSIGN_OR_RETURN(connections::ExpandedString expanded,
                           connections::ExpandSecrets(options_.postgresql));
    for (const auto& [keyword, value] : dialect_->pinned) {
      expanded.string.Set(keyword, value);
    }
    for (const auto& [keyword, value] : dialect_->defaults) {
      expanded.string.SetDefault(keyword, value);
    }
    open.connection_string = expanded.string.ToString();
    open.secrets = std::move(expanded.secrets);
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<db::StoreConnection> connection,
                         odbc::OpenStore(open));
  for (const char* const sql : dialect_->session) {
    ASSAY_RETURN_IF_ERROR(connection->Run({sql, {}}).status());
  }
  return connection;
}

}  // namespace assay::runs
