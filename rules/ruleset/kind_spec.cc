// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/kind_spec.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {

const char* KindScopeName(KindScope scope) {
  return scope == KindScope::kTable ? "table" : "comparison";
}

std::vector<ParamSpec> FlatParams(const KindSpec& kind) {
  std::vector<ParamSpec> out;
  for (const ParamSpec& param : kind.params) {
    out.push_back(param);
    for (ParamSpec field : param.fields) {
      field.name = absl::StrCat(param.name, ".", field.name);
      out.push_back(std::move(field));
    }
  }
  return out;
}

}  // namespace assay
