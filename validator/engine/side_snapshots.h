// SPDX-License-Identifier: Apache-2.0
// Begins and ends the snapshots of both sides of a comparison.
#ifndef ASSAY_VALIDATOR_ENGINE_SIDE_SNAPSHOTS_H_
#define ASSAY_VALIDATOR_ENGINE_SIDE_SNAPSHOTS_H_

#include "absl/status/status.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"

namespace assay::engine {

// Whether a session reads in a snapshot: as `wanted`, and always where a server
// cursor, which lives in a transaction, is how it reads.
bool ReadsInSnapshot(const connections::Session& session, bool wanted);

absl::Status BeginSnapshots(connections::Session& source,
                            connections::Session& target, bool wanted,
                            const CancellationToken& cancel);
absl::Status EndSnapshots(connections::Session& source,
                          connections::Session& target, bool wanted,
                          const CancellationToken& cancel);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_SIDE_SNAPSHOTS_H_
