// SPDX-License-Identifier: Apache-2.0
// Holds the catalog of a target's table against that of its source. Pure.
#ifndef ASSAY_VALIDATOR_DIFF_SCHEMA_COMPARISON_H_
#define ASSAY_VALIDATOR_DIFF_SCHEMA_COMPARISON_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rules/plan/comparison.h"
#include "rules/ruleset/model.h"
#include "validator/db/table_facts.h"

namespace assay::diff {

// One line each.
struct SchemaComparison {
  // What the source has and the target has not, or not so that it holds every
  // value of the source's.
  std::vector<std::string> mismatches;
  // What was demanded and could not be read: neither good nor bad.
  std::vector<std::string> unknown;
  // What fits and is worth knowing: "a: a day becomes its midnight".
  std::vector<std::string> notes;
};

// The columns of `target` whose sequence must be above their greatest key: ask
// the table for these before CompareTableSchemas. Those whose next value is
// unknown are not among them.
std::vector<std::string> SequenceColumns(const db::TableFacts& target);

// Compares what `demands` says. Columns are paired by `columns` (its map,
// `only` and `except`), else by name without case; a column that an expression
// of the map makes is not looked at. Types: the target's must hold every value
// of the source's. What only the target has (an index, a key, a constraint) is
// no mismatch, but for columns. An index is met by one that begins with its
// columns; a unique key by one on the same columns or fewer of them. Foreign
// keys are compared without the schema of the table that they refer to.
// `greatest_keys` has the greatest value in each of SequenceColumns; absent
// where the table is empty.
SchemaComparison CompareTableSchemas(
    const db::TableFacts& source, const db::TableFacts& target,
    const CompareSchemas& demands, const ComparedColumns& columns,
    const std::map<std::string, int64_t>& greatest_keys);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_SCHEMA_COMPARISON_H_
