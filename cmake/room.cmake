# SPDX-License-Identifier: Apache-2.0
# assay_room(NAME DEPS a b ...): one folder of sources is one static library
# assay_NAME with the project's warnings. DEPS are the arrows of
# docs/architecture.md; tests/layering_test.py holds the includes against it.
function(assay_room name)
  cmake_parse_arguments(ROOM "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  if(name STREQUAL "sql")
    file(GLOB more CONFIGURE_DEPENDS
         ${CMAKE_CURRENT_SOURCE_DIR}/${name}/dialects/*.cc)
    list(APPEND sources ${more})
  endif()
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  list(LENGTH sources count)
  if(count EQUAL 0)
    add_library(assay_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(assay_${name} STATIC ${sources})
    set(scope PUBLIC)
    assay_warnings(assay_${name})
  endif()
  if(ASSAY_PRECOMPILE AND scope STREQUAL "PUBLIC")
    if(name STREQUAL "base")
      target_precompile_headers(assay_base PRIVATE
                                ${PROJECT_SOURCE_DIR}/cmake/precompiled.h)
    elseif(NOT name STREQUAL "report")  # It has not base's definitions.
      target_precompile_headers(assay_${name} REUSE_FROM assay_base)
    endif()
  endif()
  target_include_directories(assay_${name} ${scope} ${PROJECT_SOURCE_DIR})
  target_link_libraries(assay_${name} ${scope} ${ROOM_DEPS})
endfunction()

# -Wno-restrict: g++ 12 warns about std::string's own code (GCC bug 105329).
function(assay_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Werror
                                           -Wno-missing-field-initializers
                                           -Wno-restrict)
endfunction()
