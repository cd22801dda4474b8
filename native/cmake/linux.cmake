# Completes the target `kinesis` on Linux: sources for the system, name, and linking.
target_sources(kinesis PRIVATE
               native/fluent_bit/coroutine_wait.cc
               native/runtime/node_environment_posix.cc native/runtime/process_limits_posix.cc
               native/runtime/embedded/abort_trap.cc native/runtime/embedded/process_state.cc
               native/runtime/embedded/resident_memory.cc
               native/runtime/process/child_process_posix.cc native/runtime/process/close_descriptors_posix.cc
               native/runtime/process/connection_posix.cc
               native/platform/platform_posix.cc native/platform/standard_error_posix.cc
               native/platform/glibc/dl_find_object.cc native/platform/glibc/glibc_2_17.cc
               native/platform/glibc/isoc23_numbers.cc)
set(KINESIS_OUTPUT "${CMAKE_SOURCE_DIR}/bin" CACHE PATH "the folder for kinesis.so")
set_target_properties(kinesis PROPERTIES PREFIX "" SUFFIX ".so"
                      LIBRARY_OUTPUT_DIRECTORY "${KINESIS_OUTPUT}"
                      LINK_DEPENDS "${CMAKE_SOURCE_DIR}/native/cmake/exports.map;${CMAKE_SOURCE_DIR}/native/platform/glibc/glibc_2_17.link")
# cmake-js cannot build for another machine: without it, the same headers from where npm puts them.
if(NOT CMAKE_JS_INC)
  set(CMAKE_JS_INC "${CMAKE_SOURCE_DIR}/node_modules/node-api-headers/include"
                   "${CMAKE_SOURCE_DIR}/node_modules/node-addon-api")
endif()
target_include_directories(kinesis SYSTEM PRIVATE ${CMAKE_JS_INC})
# lazy: napi_* binds at its first call, after libnode was opened. nodelete: V8 outlives a dlclose.
target_link_options(kinesis PRIVATE -Wl,-z,lazy -Wl,-z,nodelete -Wl,--gc-sections -static-libgcc -static-libstdc++
                    -Wl,--exclude-libs,ALL "-Wl,--version-script=${CMAKE_SOURCE_DIR}/native/cmake/exports.map")
# Before glibc 2.34, threads and dlopen are in separate libraries; newer versions still have libraries of these names.
target_link_libraries(kinesis PRIVATE ${CMAKE_DL_LIBS} "-Wl,@${CMAKE_SOURCE_DIR}/native/platform/glibc/glibc_2_17.link")
include(native/runtime/embedded/own_libraries.cmake)
add_own_libraries(kinesis)
