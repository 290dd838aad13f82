// SPDX-License-Identifier: Apache-2.0
// Holds a table's catalog entry against the demands of a schema rule. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_CATALOG_CHECK_H_
#define ASSAY_VALIDATOR_ENGINE_CATALOG_CHECK_H_

#include <string>
#include <vector>

#include "rules/plan/plan.h"
#include "validator/connections/registry.h"

namespace assay::engine {

// One line for each demand that is not met.
std::vector<std::string> CheckCatalog(const CatalogCheck& check,
                                      const connections::Table& table);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_CATALOG_CHECK_H_
