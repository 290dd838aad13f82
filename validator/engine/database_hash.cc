// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/database_hash.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/engine/both_sides.h"
#include "validator/engine/comparison_sql.h"
#include "validator/engine/statement.h"

namespace assay::engine {
namespace {

using diff::Side;

// "15" of "15.18": hash functions may change between major versions.
std::string MajorVersion(const ComparedSide& side) {
  const std::string version = side.session->connection().dbms_version();
  return version.substr(0, version.find('.'));
}

std::string WhyNotHashedPair(const DiffContext& context,
                             const PairedColumn& pair) {
  const ComparedSide& source = *context.source;
  const ComparedSide& target = *context.target;
  const sql::ColumnType& a = source.table.FindColumn(pair.source)->type;
  const sql::ColumnType& b = target.table.FindColumn(pair.target)->type;
  if (pair.has_policy) return absl::StrCat(pair.name, " has a policy");
  if (a.native_name != b.native_name) {
    return absl::StrCat(pair.name, " is ", a.native_name, " and ",
                        b.native_name);
  }
  if (!source.session->dialect().HashesExactly(a)) {
    return absl::StrCat(pair.name, " is ", a.native_name);
  }
  if (a.type == TypeClass::kTimestamp &&
      source.session->config().time_zone !=
          target.session->config().time_zone) {
    return absl::StrCat(pair.name, " has another time zone on each side");
  }
  return "";
}

absl::StatusOr<std::vector<Value>> HashSide(const DiffContext& context,
                                            Side which) {
  sql::SqlWriter writer(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(PutRowHashes(writer, context, which));
  return ReadOneRow(*context.side(which).session, writer, context.marker,
                    context.cancel);
}

// A column whose equality is looser than its bytes'; "": none.
absl::StatusOr<std::string> LooseColumn(const DiffContext& context,
                                        Side which) {
  const ComparedSide& side = context.side(which);
  const std::string query = side.session->dialect().LooseEqualityQuery(
      side.table.schema, side.table.name);
  if (query.empty()) return std::string();
  sql::SqlWriter writer(sql::WriteMode::kBound);
  writer.Put(query);
  ASSAY_ASSIGN_OR_RETURN(
      const Rows rows,
      ReadRows(*side.session, writer, context.marker, 1, context.cancel));
  if (rows.rows.empty()) return std::string();
  return ToText(rows.rows.front().cells.front());
}

}  // namespace

namespace {

// As far as plan and types tell.
std::string WhyNotByPlan(const DiffContext& context) {
  const ComparedSide& source = *context.source;
  const ComparedSide& target = *context.target;
  const sql::Dialect& dialect = source.session->dialect();
  if (dialect.RowHash({"x"}, 0).empty()) {
    return absl::StrCat(std::string(dialect.name()),
                        " has no row hash that would be sound");
  }
  if (&dialect != &target.session->dialect()) {
    return absl::StrCat(std::string(dialect.name()), " and ",
                        std::string(target.session->dialect().name()),
                        " have no row hash in common");
  }
  if (MajorVersion(source) != MajorVersion(target)) {
    return "the servers are of different major versions";
  }
  if (!context.plan->proven_source || !context.plan->proven_target) {
    return "the catalogs do not prove the key";
  }
  if (!source.derived.empty() || !target.derived.empty()) {
    return "a side is a query or has mapped expressions";
  }
  for (const PairedColumn& pair : context.plan->columns) {
    if (std::string why = WhyNotHashedPair(context, pair); !why.empty()) {
      return why;
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> WhyNotHashed(const DiffContext& context) {
  if (std::string why = WhyNotByPlan(context); !why.empty()) return why;
  for (const Side side : {Side::kSource, Side::kTarget}) {
    ASSAY_ASSIGN_OR_RETURN(const std::string loose, LooseColumn(context, side));
    if (loose.empty()) continue;
    return absl::StrCat(loose, " has a collation that is not deterministic");
  }
  return std::string();
}

absl::StatusOr<HashOutcome> CompareHashes(const DiffContext& context) {
  HashOutcome out;
  ASSAY_ASSIGN_OR_RETURN(const std::string why, WhyNotHashed(context));
  if (!why.empty()) {
    out.note = absl::StrCat("method: rows streamed, since ", why);
    return out;
  }
  std::vector<Value> source;
  std::vector<Value> target;
  // What breaks hashing may also break the session; reading will say so.
  ASSAY_RETURN_IF_ERROR(OnBothSides([&](Side side) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(std::vector<Value> hashes, HashSide(context, side));
    (side == Side::kSource ? source : target) = std::move(hashes);
    return absl::OkStatus();
  }));
  bool equal = source.size() == target.size();
  for (size_t i = 0; equal && i < source.size(); ++i) {
    equal = ToText(source[i]) == ToText(target[i]);
  }
  out.equal = equal;
  out.rows = CountOf(source.front());
  out.note = equal ? "method: hashed in both databases, all hashes equal"
                   : "method: hashed in both databases, not equal; rows "
                     "streamed to find the differences";
  return out;
}

}  // namespace assay::engine
