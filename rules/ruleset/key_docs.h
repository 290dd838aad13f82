// SPDX-License-Identifier: Apache-2.0
// One sentence for each key that is not of a kind, for the JSON Schema and the
// docs. Constant data.
#ifndef ASSAY_RULES_RULESET_KEY_DOCS_H_
#define ASSAY_RULES_RULESET_KEY_DOCS_H_

#include <string>
#include <vector>

namespace assay {

struct KeyDoc {
  const char* name;
  const char* values;   // What it takes: "fail or warn".
  const char* initial;  // What holds where it is absent; "" nothing.
  const char* doc;
};

const std::vector<KeyDoc>& TopLevelKeyDocs();
const std::vector<KeyDoc>& TableKeyDocs();
const std::vector<KeyDoc>& ComparisonKeyDocs();
const std::vector<KeyDoc>& SideKeyDocs();             // source, target
const std::vector<KeyDoc>& ComparedColumnsKeyDocs();  // columns
const std::vector<KeyDoc>& MappingKeyDocs();          // An entry of columns.map
const std::vector<KeyDoc>& PolicyKeyDocs();  // An entry of columns.policies
const std::vector<KeyDoc>& AcceptKeyDocs();  // An entry of accept
const std::vector<KeyDoc>& ParameterKeyDocs();
const std::vector<KeyDoc>& UniformKeyDocs();

// The names of `docs`, in their order.
std::vector<std::string> KeyNames(const std::vector<KeyDoc>& docs);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_KEY_DOCS_H_
