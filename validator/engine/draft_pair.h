// SPDX-License-Identifier: Apache-2.0
// Two tables of the same name, and what a draft says about them. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_DRAFT_PAIR_H_
#define ASSAY_VALIDATOR_ENGINE_DRAFT_PAIR_H_

#include <string>
#include <vector>

#include "validator/connections/registry.h"
#include "validator/db/table_facts.h"
#include "validator/sql/dialect.h"

namespace assay::engine {

struct DraftSide {
  connections::Table table;
  db::TableFacts facts;
  const sql::Dialect* dialect = nullptr;  // Borrowed.
};

struct DraftPair {
  DraftSide source;
  DraftSide target;
};

// An entry of `comparisons:`; empty where the tables have no column in common.
std::string DraftComparison(const DraftPair& pair);

// An entry of `tables:` for the target of `pair`: what either catalog demands
// of its rows. `pairs` are all that the draft has, to find the tables that
// foreign keys refer to. Only comments where no rule says what is demanded;
// empty where nothing is.
std::string DraftTableRules(const DraftPair& pair,
                            const std::vector<DraftPair>& pairs);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DRAFT_PAIR_H_
