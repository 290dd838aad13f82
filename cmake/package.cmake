# SPDX-License-Identifier: Apache-2.0
# What is installed where, and the Debian package of it:
#   cmake --preset release && cmake --build --preset release
#   cd build/release && cpack -G DEB
# docs/install.md says the rest; tests/e2e/package_test.py looks at the package,
# and with --full installs it in a clean Debian.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(doc ${CMAKE_INSTALL_DATAROOTDIR}/doc/assay)
install(TARGETS assay assayd assay-argo-plugin RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The program itself says what can be completed.
set(completion ${PROJECT_BINARY_DIR}/gen/completion)
add_custom_command(
  OUTPUT ${completion}/assay
  COMMAND ${CMAKE_COMMAND} -E make_directory ${completion}
  COMMAND $<TARGET_FILE:assay> completion bash > ${completion}/assay
  DEPENDS assay
  VERBATIM)
add_custom_target(assay_completion ALL DEPENDS ${completion}/assay)
install(FILES ${completion}/assay
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)

install(FILES rules/schema.json docs/openapi.json
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/assay)
install(FILES README.md DESTINATION ${doc})
install(FILES LICENSE DESTINATION ${doc} RENAME copyright)
install(DIRECTORY docs/ DESTINATION ${doc} FILES_MATCHING PATTERN "*.md")
install(DIRECTORY rules/examples/ DESTINATION ${doc}/examples/rules)
install(FILES deploy/assayd.example.yaml DESTINATION ${doc}/examples)
install(DIRECTORY deploy/kubernetes deploy/container DESTINATION ${doc}/examples)
install(DIRECTORY plugins/argo DESTINATION ${doc}/examples
        FILES_MATCHING PATTERN "*.yaml")
install(DIRECTORY deploy/monitoring DESTINATION ${doc}/examples OPTIONAL)

# Absolute: a prefix does not move what the system looks for elsewhere.
install(FILES deploy/debian/assayd.yaml DESTINATION /etc/assay)
install(FILES deploy/systemd/assayd.service DESTINATION /usr/lib/systemd/system)
install(FILES deploy/systemd/assay.sysusers.conf
        DESTINATION /usr/lib/sysusers.d RENAME assay.conf)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assay)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Assay maintainers <maintainers@assay.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "validation gate for data migrations")
set(CPACK_PACKAGE_DESCRIPTION
    "assayd runs declarative rule sets over any ODBC database, and comparisons
between two, and answers with a verdict; assay, its command line, holds each
step of a migration until the verdict says to proceed.")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The run store is SQLite, through its ODBC driver.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "libsqliteodbc, odbcinst, systemd-standalone-sysusers | systemd-sysusers, \
init-system-helpers, passwd, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "odbc-postgresql, odbc-mariadb, ca-certificates, bash-completion")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "tdsodbc, sqlite3")
foreach(script postinst prerm postrm conffiles)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
       ${PROJECT_SOURCE_DIR}/deploy/debian/${script})
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
