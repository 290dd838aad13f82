#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the contract as the provider ships it: a FileDescriptorSet of
# proto/assay/v1 and all that it imports. Run it after every change of proto/.
#   plugins/airflow/make_descriptors.sh [FILE]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:-$here/src/assay_airflow/data/assay.desc}")
cd "$here/../../proto"
protoc -I . --include_imports --descriptor_set_out="$out" \
  assay/v1/validation_service.proto google/rpc/error_details.proto \
  google/rpc/status.proto
