// SPDX-License-Identifier: Apache-2.0
// The part of schema_comparison.h that is about keys, indexes and foreign keys.
// Pure.
#ifndef ASSAY_VALIDATOR_DIFF_SCHEMA_KEYS_H_
#define ASSAY_VALIDATOR_DIFF_SCHEMA_KEYS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "validator/db/table_facts.h"
#include "validator/diff/schema_comparison.h"

namespace assay::diff {

// Two tables whose columns have been paired; borrowed.
struct PairedTables {
  const db::TableFacts& source;
  const db::TableFacts& target;
  // The target's name of each of the source's columns that are compared; both
  // in lower case.
  std::map<std::string, std::string> target_name;

  // The target's names of a source's columns in lower case; nullopt where one
  // of them is not compared.
  std::optional<std::vector<std::string>> OnTarget(
      const std::vector<std::string>& columns) const;
};

// Primary and unique keys.
void CompareKeys(const PairedTables& tables, SchemaComparison& out);

enum class UniqueIndexes { kCompared, kToldAsKeys };
void CompareIndexes(const PairedTables& tables, UniqueIndexes unique,
                    SchemaComparison& out);

void CompareForeignKeys(const PairedTables& tables, SchemaComparison& out);

// The mismatch of what the target lacks.
void OnSourceOnly(const std::string& what, SchemaComparison& out);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_SCHEMA_KEYS_H_
