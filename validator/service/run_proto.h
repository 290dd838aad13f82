// SPDX-License-Identifier: Apache-2.0
// What the rooms below know as plain data → messages of the contract.
//
// Stateless; thread-safe. Every string is made valid UTF-8, whatever the
// database delivered, so that no answer fails to serialise.
#ifndef ASSAY_VALIDATOR_SERVICE_RUN_PROTO_H_
#define ASSAY_VALIDATOR_SERVICE_RUN_PROTO_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "assay/v1/rule_set.pb.h"
#include "assay/v1/run.pb.h"
#include "assay/v1/validation_service.pb.h"
#include "rules/ruleset/kind_spec.h"
#include "rules/verdict/result.h"
#include "validator/base/issue.h"
#include "validator/connections/registry.h"
#include "validator/engine/engine.h"
#include "validator/runs/drift.h"
#include "validator/runs/run.h"
#include "validator/service/withhold.h"

namespace assay::service {

inline constexpr int kMaxResults = 1000;
inline constexpr size_t kMaxResultBytes = 2 << 20;
inline constexpr size_t kMaxSampleBytesOfResult = 1 << 20;

google::protobuf::Duration DurationProto(absl::Duration duration);
v1::Verdict ToProto(Verdict verdict);
v1::Run::State ToProto(runs::RunState state);
v1::Progress ToProto(const engine::Progress& progress);
// The first kMaxResults of each list.
v1::Drift ToProto(const runs::Drift& drift);
v1::Issue ToProto(const Issue& issue);
v1::RuleKind ToProto(const KindSpec& spec);
v1::Connection ToProto(const connections::ConnectionConfig& config);

// Returns `result`; samples and SQL only in view FULL. Samples beyond
// kMaxSampleBytesOfResult are left out, which samples_note then says.
v1::RuleResult ToProto(const Result& result, v1::RunView view,
                       Values values = Values::kShow);

// Whether to add the text of the rule set in view FULL.
enum class RuleSetText { kOmit, kInclude };

// Returns `run`; in view FULL with those of its results that fit.
v1::Run ToProto(const runs::Run& run, v1::RunView view,
                RuleSetText text = RuleSetText::kOmit,
                Values values = Values::kShow);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_RUN_PROTO_H_
