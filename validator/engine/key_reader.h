// SPDX-License-Identifier: Apache-2.0
// Reads the rows of given keys, digested alike with a whole scan, and cell by
// cell where somebody wants to see them.
#ifndef ASSAY_VALIDATOR_ENGINE_KEY_READER_H_
#define ASSAY_VALIDATOR_ENGINE_KEY_READER_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "validator/diff/digest.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

struct KeyedRow {
  diff::Digest row;
  std::string payload;
  // Canonical bytes of each column of the plan; only where asked for.
  std::vector<std::string> cells;
};

// By the key's canonical bytes; keys without a row are absent.
using KeyedRows = std::map<std::string, std::vector<KeyedRow>>;

// Keys by their canonical bytes, and on which sides they have been seen. A key
// that only the other side's type can hold (a zero date, infinity, 26:00:00) is
// not asked for where it was never seen: there it would be an error.
inline constexpr unsigned kSeenOnSource = 1;
inline constexpr unsigned kSeenOnTarget = 2;
using KeySet = std::map<std::string, unsigned>;
constexpr unsigned SeenOn(diff::Side side) {
  return side == diff::Side::kSource ? kSeenOnSource : kSeenOnTarget;
}

// Whether a value of a key is one that not every database's type can hold.
bool IsSpecial(const PairPlan& plan, const std::vector<Value>& key);

// Whether every part of a key (canonical) is a value of its compare type: a
// look-up of any other that finds nothing proves nothing.
bool IsPlainKey(std::string_view key);

// How many keys are asked for in one statement.
inline constexpr size_t kKeysPerStatement = 500;

// The values of a key's canonical bytes. kInternal where they are damaged.
absl::StatusOr<std::vector<Value>> KeyValues(const PairPlan& plan,
                                             std::string_view key);
// The same with the memory of `out`.
absl::Status KeyValues(const PairPlan& plan, std::string_view key,
                       std::vector<Value>& out);

// Rows whose key is, byte for byte, one of `keys` (canonical), read on both
// sides at once.
// REQUIRES: plan.key_lookup and a key.
struct BothRows {
  KeyedRows source;
  KeyedRows target;
};
absl::StatusOr<BothRows> ReadKeysOnBothSides(const DiffContext& context,
                                             const KeySet& keys,
                                             bool with_cells);

// The same of one side.
// REQUIRES: plan.key_lookup and a key.
absl::StatusOr<KeyedRows> ReadKeys(const DiffContext& context, diff::Side side,
                                   const KeySet& keys, bool with_cells);

// The values that a line of the list of differences names (difference_log.h).
std::vector<Value> KeyValuesFromText(const PairPlan& plan,
                                     const std::vector<Value>& texts);

// `keys` (canonical) as a statement on side `which` looks them up.
absl::StatusOr<std::vector<std::vector<Value>>> LookupKeys(
    const DiffContext& context, diff::Side which,
    const std::vector<std::string>& keys);

// Rows of side `which` whose key is one of `keys` (KeyValues) in the database's
// own equality, and `wanted` by its canonical bytes.
absl::StatusOr<KeyedRows> ReadKeyValues(
    const DiffContext& context, diff::Side which,
    absl::Span<const std::vector<Value>> keys, bool with_cells,
    const std::function<bool(const std::string&)>& wanted);

// Digests and, where asked, cells of all rows of `block`, added to `out` where
// `wanted` says so of their key.
absl::Status AddRows(const DiffContext& context, const SideColumns& columns,
                     const diff::RowEncoder& encoder, const db::RowBlock& block,
                     const std::vector<db::ColumnDescription>& described,
                     bool with_cells,
                     const std::function<bool(const std::string&)>& wanted,
                     KeyedRows& out);

// What Encode says of "column #N", with the column's name instead.
absl::Status NameColumn(const PairPlan& plan, const absl::Status& status);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_KEY_READER_H_
