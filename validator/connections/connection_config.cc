// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/connection_config.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "validator/connections/secrets.h"
#include "validator/value/value.h"
#include "yaml-cpp/yaml.h"

namespace assay::connections {
namespace {

constexpr int kMostConnections = 1000;

const std::vector<std::string>& Keys() {
  static const auto* const kKeys = new std::vector<std::string>{
      "odbc",    "max_connections", "statement_timeout", "time_zone",
      "samples", "masked_columns",  "author_sql",        "dialect"};
  return *kKeys;
}

std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& candidates) {
  const std::string nearest = NearestName(word, candidates);
  return nearest.empty() ? "" : absl::StrCat("did you mean '", nearest, "'?");
}

class Parser {
 public:
  explicit Parser(std::vector<Issue>& issues) : issues_(issues) {}

  std::vector<ConnectionConfig> Parse(const YAML::Node& node) {
    std::vector<ConnectionConfig> configs;
    if (node.IsNull()) return configs;
    if (!node.IsMap()) {
      Mistake(node, "not_a_map", "connections must be a map of names");
      return configs;
    }
    std::set<std::string> names;
    for (const auto& entry : node) {
      const std::string name = Text(entry.first);
      if (!names.insert(name).second) {
        Mistake(entry.first, "duplicate_key",
                absl::StrCat("connection '", name, "' stands twice"));
        continue;
      }
      configs.push_back(ParseOne(name, entry.first, entry.second));
    }
    return configs;
  }

 private:
  ConnectionConfig ParseOne(const std::string& name, const YAML::Node& key,
                            const YAML::Node& node) {
    ConnectionConfig config;
    config.name = name;
    const size_t before = issues_.size();
    std::map<std::string, YAML::Node> values;
    if (!node.IsMap()) {
      Mistake(node, "not_a_map",
              absl::StrCat("connection '", name, "' must be a map of keys"));
      return config;
    }
    for (const auto& entry : node) {
      const std::string word = Text(entry.first);
      if (std::find(Keys().begin(), Keys().end(), word) == Keys().end()) {
        Mistake(
            entry.first, "unknown_key",
            absl::StrCat("unknown key '", word, "' in connection '", name, "'"),
            DidYouMean(word, Keys()));
      } else if (!values.emplace(word, entry.second).second) {
        Mistake(entry.first, "duplicate_key",
                absl::StrCat("'", word, "' stands twice in connection '", name,
                             "'"));
      } else {
        Read(word, entry.second, &config);
      }
    }
    if (values.count("odbc") == 0) {
      Mistake(key, "missing_key",
              absl::StrCat("connection '", name, "' needs 'odbc'"),
              "e.g. odbc: \"Driver=PostgreSQL Unicode;Servername=…\"");
    }
    // A value that did not even parse is not judged a second time.
    if (issues_.size() == before) {
      for (const ConfigMistake& mistake : CheckConfig(config)) {
        const auto value = values.find(mistake.key);
        Mistake(value == values.end() ? key : value->second, "bad_value",
                mistake.message, mistake.hint);
      }
    }
    return config;
  }

  void Read(const std::string& key, const YAML::Node& node,
            ConnectionConfig* config) {
    if (key == "masked_columns") return ReadMasked(node, config);
    if (!node.IsScalar()) {
      return Mistake(node, "not_a_scalar",
                     absl::StrCat(key, " must be a single value"));
    }
    const std::string& text = node.Scalar();
    if (key == "odbc") {
      config->odbc = text;
    } else if (key == "dialect") {
      config->dialect = text;
    } else if (key == "time_zone") {
      config->time_zone = text;
    } else if (key == "max_connections") {
      ReadMaxConnections(node, text, config);
    } else if (key == "statement_timeout") {
      const std::optional<int64_t> micros = ParseDurationMicros(text);
      if (micros.has_value()) {
        config->statement_timeout = absl::Microseconds(*micros);
      } else {
        Mistake(node, "bad_duration",
                "statement_timeout must be a duration such as 30s, 10m");
      }
    } else if (key == "samples") {
      ReadSamples(node, text, config);
    } else if (key == "author_sql") {
      if (text == "true" || text == "false") {
        config->author_sql = text == "true";
      } else {
        Mistake(node, "bad_boolean", "author_sql must be true or false");
      }
    }
  }

  void ReadMaxConnections(const YAML::Node& node, const std::string& text,
                          ConnectionConfig* config) {
    int value = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec == std::errc() && parsed.ptr == end) {
      config->max_connections = value;
    } else {
      Mistake(node, "bad_integer",
              absl::StrCat("max_connections must be an integer from 1 to ",
                           kMostConnections));
    }
  }

  void ReadSamples(const YAML::Node& node, const std::string& text,
                   ConnectionConfig* config) {
    if (text == "none") {
      config->samples = SamplePolicy::kNone;
    } else if (text == "keys") {
      config->samples = SamplePolicy::kKeys;
    } else if (text == "full") {
      config->samples = SamplePolicy::kFull;
    } else {
      Mistake(node, "bad_value", "samples must be none, keys or full",
              DidYouMean(text, {"none", "keys", "full"}));
    }
  }

  void ReadMasked(const YAML::Node& node, ConnectionConfig* config) {
    if (!node.IsSequence()) {
      return Mistake(node, "not_a_list",
                     "masked_columns must be a list of column names");
    }
    for (const YAML::Node& item : node) {
      if (item.IsScalar() && !item.Scalar().empty()) {
        config->masked_columns.push_back(item.Scalar());
      } else {
        Mistake(item, "bad_value", "masked_columns takes column names");
      }
    }
  }

  static std::string Text(const YAML::Node& node) {
    return node.IsScalar() ? node.Scalar() : std::string();
  }

  void Mistake(const YAML::Node& node, const std::string& code,
               const std::string& message, const std::string& hint = "") {
    SourceRange range;
    const YAML::Mark mark = node.Mark();
    if (!mark.is_null()) {
      range = {
          .line = mark.line + 1,
          .column = mark.column + 1,
          .end_line = mark.line + 1,
          .end_column = mark.column + 1 + static_cast<int>(Text(node).size())};
    }
    issues_.push_back({.severity = Severity::kError,
                       .code = code,
                       .message = message,
                       .range = range,
                       .hint = hint});
  }

  std::vector<Issue>& issues_;
};

}  // namespace

std::vector<ConnectionConfig> ParseConnections(const YAML::Node& node,
                                               std::vector<Issue>& issues) {
  try {
    return Parser(issues).Parse(node);
  } catch (const YAML::Exception& e) {
    issues.push_back({.code = "yaml_syntax",
                      .message = e.msg,
                      .range = {.line = e.mark.line + 1,
                                .column = e.mark.column + 1,
                                .end_line = e.mark.line + 1,
                                .end_column = e.mark.column + 2}});
    return {};
  }
}

bool IsTimeZone(std::string_view name) {
  if (name == "UTC" || name == "Z") return true;
  if (name.size() == 6 && (name[0] == '+' || name[0] == '-') &&
      name[3] == ':') {
    const auto two = [&name](size_t at) {
      const auto digit = [&](size_t i) {
        return name[i] >= '0' && name[i] <= '9' ? name[i] - '0' : 1000;
      };
      return digit(at) * 10 + digit(at + 1);
    };
    return two(1) <= 14 && two(4) <= 59;
  }
  // A path would be read as a file.
  if (name.empty() || name[0] == '/' || name[0] == '.' ||
      name.find("..") != std::string_view::npos) {
    return false;
  }
  absl::TimeZone zone;
  return absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone);
}

std::vector<ConfigMistake> CheckConfig(const ConnectionConfig& config) {
  std::vector<ConfigMistake> mistakes;
  const auto add = [&mistakes](std::string key, std::string message,
                               std::string hint = "") {
    mistakes.push_back({std::move(key), std::move(message), std::move(hint)});
  };
  const bool good_name =
      !config.name.empty() && config.name.size() <= 100 &&
      std::all_of(config.name.begin(), config.name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
               c == '.' || c == '-';
      });
  if (!good_name) {
    add("name", absl::StrCat("'", config.name, "' is no name of a connection"),
        "letters, digits, '_', '.' and '-', at most 100");
  }
  if (config.odbc.empty()) {
    add("odbc", "odbc must be a connection string");
  } else if (const std::string wrong = CheckPlaceholders(config.odbc);
             !wrong.empty()) {
    add("odbc", absl::StrCat("odbc ", wrong));
  }
  if (config.max_connections < 1 || config.max_connections > kMostConnections) {
    add("max_connections",
        absl::StrCat("max_connections must be an integer from 1 to ",
                     kMostConnections));
  }
  if (config.statement_timeout < absl::Milliseconds(1)) {
    add("statement_timeout", "statement_timeout must be at least 1ms");
  }
  if (!IsTimeZone(config.time_zone)) {
    add("time_zone", absl::StrCat("'", config.time_zone, "' is no time zone"),
        "UTC, an offset such as +02:00, or a name such as Europe/Berlin");
  }
  if (!config.dialect.empty() && sql::FindDialect(config.dialect) == nullptr) {
    std::vector<std::string> names;
    for (const sql::Dialect* dialect : sql::AllDialects()) {
      names.emplace_back(dialect->name());
    }
    add("dialect", absl::StrCat("there is no dialect '", config.dialect, "'"),
        DidYouMean(config.dialect, names));
  }
  return mistakes;
}

}  // namespace assay::connections
