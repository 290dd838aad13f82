// SPDX-License-Identifier: Apache-2.0
// The .proto files as protoc compiled them, with comments: a serialized
// google.protobuf.FileDescriptorSet, made by the build.
#ifndef ASSAY_VALIDATOR_HTTP_API_DESCRIPTORS_H_
#define ASSAY_VALIDATOR_HTTP_API_DESCRIPTORS_H_

#include <cstddef>

namespace assay::http {

extern const unsigned char kApiDescriptors[];
extern const size_t kApiDescriptorsSize;

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_API_DESCRIPTORS_H_
