# Completes the target `kinesis` on Windows: sources for the system, name, exports, version, and linking.
#
# For a toolchain of mingw-w64 (native/cmake/mingw-w64.cmake), run by cmake itself: cmake-js would require Visual Studio.
if(NOT MINGW)
  message(FATAL_ERROR "kinesis.dll is built by mingw-w64; set -DCMAKE_TOOLCHAIN_FILE=native/cmake/mingw-w64.cmake")
endif()
enable_language(RC)

file(READ "${CMAKE_SOURCE_DIR}/package.json" manifest)
if(NOT manifest MATCHES "\"version\": *\"(([0-9]+)\\.([0-9]+)\\.([0-9]+)[^\"]*)\"")
  message(FATAL_ERROR "package.json has no version of three numbers")
endif()
set(KINESIS_VERSION "${CMAKE_MATCH_1}")
set(KINESIS_VERSION_NUMBERS "${CMAKE_MATCH_2},${CMAKE_MATCH_3},${CMAKE_MATCH_4},0")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/package.json")

target_sources(kinesis PRIVATE
               native/runtime/node_api_windows.cc native/runtime/node_api_windows.S
               native/runtime/node_environment_windows.cc native/runtime/process_limits_windows.cc
               native/runtime/process/child_process_windows.cc native/runtime/process/connection_windows.cc
               native/runtime/process/message_pipe_windows.cc
               native/platform/stubs_windows.cc native/platform/event_log_windows.cc
               native/platform/platform_windows.cc
               native/platform/standard_error_windows.cc
               native/cmake/kinesis.rc native/cmake/exports.def)
set_source_files_properties(
  native/cmake/kinesis.rc PROPERTIES
  COMPILE_DEFINITIONS "KINESIS_VERSION=${KINESIS_VERSION};KINESIS_VERSION_NUMBERS=${KINESIS_VERSION_NUMBERS}")

set(KINESIS_OUTPUT "${CMAKE_SOURCE_DIR}/bin" CACHE PATH "the folder for kinesis.dll")
# CMake calls a DLL a "runtime", and its import library, which is not used, an "archive".
set_target_properties(kinesis PROPERTIES PREFIX "" SUFFIX ".dll"
                      RUNTIME_OUTPUT_DIRECTORY "${KINESIS_OUTPUT}"
                      ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}"
                      LINK_DEPENDS "${CMAKE_SOURCE_DIR}/native/cmake/exports.def")
target_include_directories(kinesis SYSTEM PRIVATE "${CMAKE_SOURCE_DIR}/node_modules/node-api-headers/include"
                           "${CMAKE_SOURCE_DIR}/node_modules/node-addon-api")
# Makes the same bytes in any folder and at any time: no path, no time, no debug data with either.
target_compile_options(kinesis PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.>)
# ld would derive the preferred address from the full path of its output: sets that of Microsoft's linker instead.
target_link_options(kinesis PRIVATE -static -static-libgcc -static-libstdc++ -s -Wl,--gc-sections
                    -Wl,--no-insert-timestamp -Wl,--disable-auto-image-base -Wl,--image-base,0x180000000)
