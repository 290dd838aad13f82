// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/ascii.h"
#include "validator/value/value.h"

namespace assay {
namespace {

struct Alias {
  std::string_view name;
  TypeClass type;
};

// The first row of a class is its canonical name.
constexpr Alias kAliases[] = {
    {"other", TypeClass::kOther},
    {"boolean", TypeClass::kBoolean},
    {"bool", TypeClass::kBoolean},
    {"integer", TypeClass::kInteger},
    {"int", TypeClass::kInteger},
    {"int2", TypeClass::kInteger},
    {"int4", TypeClass::kInteger},
    {"int8", TypeClass::kInteger},
    {"bigint", TypeClass::kInteger},
    {"smallint", TypeClass::kInteger},
    {"mediumint", TypeClass::kInteger},
    {"tinyint", TypeClass::kInteger},
    {"decimal", TypeClass::kDecimal},
    {"dec", TypeClass::kDecimal},
    {"numeric", TypeClass::kDecimal},
    {"number", TypeClass::kDecimal},
    {"double", TypeClass::kDouble},
    {"double precision", TypeClass::kDouble},
    {"float", TypeClass::kDouble},
    {"float4", TypeClass::kDouble},
    {"float8", TypeClass::kDouble},
    {"real", TypeClass::kDouble},
    {"text", TypeClass::kText},
    {"string", TypeClass::kText},
    {"char", TypeClass::kText},
    {"character", TypeClass::kText},
    {"varchar", TypeClass::kText},
    {"character varying", TypeClass::kText},
    {"nvarchar", TypeClass::kText},
    {"clob", TypeClass::kText},
    {"bytes", TypeClass::kBytes},
    {"bytea", TypeClass::kBytes},
    {"blob", TypeClass::kBytes},
    {"binary", TypeClass::kBytes},
    {"varbinary", TypeClass::kBytes},
    {"date", TypeClass::kDate},
    {"time", TypeClass::kTime},
    {"time without time zone", TypeClass::kTime},
    {"timestamp", TypeClass::kTimestamp},
    {"timestamp without time zone", TypeClass::kTimestamp},
    {"datetime", TypeClass::kTimestamp},
    {"timestamp with time zone", TypeClass::kTimestampTz},
    {"timestamptz", TypeClass::kTimestampTz},
    {"uuid", TypeClass::kUuid},
    {"json", TypeClass::kJson},
    {"jsonb", TypeClass::kJson},
};

}  // namespace

std::string_view TypeClassName(TypeClass type) {
  for (const Alias& alias : kAliases) {
    if (alias.type == type) return alias.name;
  }
  return "other";
}

std::optional<TypeClass> ParseTypeClass(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower({name.data(), name.size()});
  for (const Alias& alias : kAliases) {
    if (alias.name == lower) return alias.type;
  }
  return std::nullopt;
}

}  // namespace assay
