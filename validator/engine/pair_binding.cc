// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/pair_binding.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "validator/base/status.h"
#include "validator/diff/digest.h"
#include "validator/engine/both_sides.h"
#include "validator/engine/pair_plan.h"

namespace assay::engine {

using diff::Side;

absl::Status OpenSides(const ComparisonRuleRequest& request,
                       connections::Session& source,
                       connections::Session& target,
                       const CancellationToken& cancel,
                       ComparedSide (&sides)[2]) {
  return OnBothSides([&](Side side) -> absl::Status {
    const bool is_source = side == Side::kSource;
    SideRequest open;
    open.side = side;
    open.session = is_source ? &source : &target;
    open.rules =
        is_source ? &request.comparison->source : &request.comparison->target;
    open.mappings = &request.comparison->columns.map;
    open.parameters = request.execution->parameters;
    open.table = is_source ? request.pair.source : request.pair.target;
    open.marker = StatementMarker(request.execution->run_id,
                                  request.execution->traceparent);
    open.cancel = cancel;
    ASSAY_ASSIGN_OR_RETURN(sides[is_source ? 0 : 1], OpenSide(open));
    return absl::OkStatus();
  });
}

std::string BindingOf(const ComparisonRuleRequest& request,
                      const ComparedSide& source, const ComparedSide& target) {
  // Not every rule needs columns that can be compared.
  const auto plan =
      PlanPair(*request.comparison, *request.execution->parameters, source,
               target, request.any_table);
  const diff::Digest digest = diff::HashBytes(
      plan.ok() ? Fingerprint(*plan, source, target)
                : absl::StrCat(Fingerprint(PairPlan(), source, target), "\n",
                               std::string(plan.status().message())),
      0);
  return absl::StrFormat("%016x%016x", digest.high, digest.low);
}

}  // namespace assay::engine
