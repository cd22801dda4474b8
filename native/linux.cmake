# What is different about the target `kinesis` on Linux: its sources for the system, its name, and how it is linked.
target_sources(kinesis PRIVATE
               native/platform_posix.cc native/connection_posix.cc native/child_process_posix.cc
               native/process_state.cc native/abort_trap.cc native/resident_memory.cc native/find_object.cc)
set_target_properties(kinesis PROPERTIES PREFIX "" SUFFIX ".so"
                      LIBRARY_OUTPUT_DIRECTORY "${CMAKE_SOURCE_DIR}/bin"
                      LINK_DEPENDS "${CMAKE_SOURCE_DIR}/native/exports.map")
target_include_directories(kinesis SYSTEM PRIVATE ${CMAKE_JS_INC})
# lazy: napi_* binds when it is first called, after libnode was opened. nodelete: V8 outlives a dlclose.
target_link_options(kinesis PRIVATE -Wl,-z,lazy -Wl,-z,nodelete -Wl,--gc-sections -static-libgcc -static-libstdc++
                    -Wl,--exclude-libs,ALL "-Wl,--version-script=${CMAKE_SOURCE_DIR}/native/exports.map")
target_link_libraries(kinesis PRIVATE ${CMAKE_DL_LIBS})
