# SPDX-License-Identifier: Apache-2.0
# cmake -DIN=set.pb -DOUT=set.cc -P embed_descriptors.cmake: the bytes of a
# descriptor set as the constant of validator/http/api_descriptors.h.
file(READ ${IN} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "// Made by the build.
#include \"validator/http/api_descriptors.h\"
namespace assay::http {
const unsigned char kApiDescriptors[] = {${bytes}};
const size_t kApiDescriptorsSize = ${size};
}  // namespace assay::http
")
