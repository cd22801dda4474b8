# Builds the library that libnode is opened through; own_libraries.S puts its bytes into kinesis.so (Linux).
#
# The library needs another one with a name as long as the longest path (PATH_MAX without its terminator): own_libraries.cc overwrites that
# name with the path of the libnode that was found.
set(KINESIS_MAX_PATH_BYTES 4095)
string(REPEAT "=" ${KINESIS_MAX_PATH_BYTES} place)
set(own_libraries_folder "${CMAKE_CURRENT_LIST_DIR}")

file(WRITE "${CMAKE_BINARY_DIR}/libnode_place.cc" "")
add_library(libnode_place SHARED "${CMAKE_BINARY_DIR}/libnode_place.cc")
set_target_properties(libnode_place PROPERTIES NO_SONAME ON LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
target_link_options(libnode_place PRIVATE -nostdlib "-Wl,-soname,${place}")

add_library(host_memory SHARED "${own_libraries_folder}/host_memory.cc")
set_target_properties(host_memory PROPERTIES SKIP_BUILD_RPATH ON LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
# Overrides flags of the environment: nothing in the library may call a function of another one.
target_compile_options(host_memory PRIVATE -Wall -Wextra -Werror -O2 -fno-exceptions -fno-stack-protector -fno-lto)
target_link_options(host_memory PRIVATE -nostdlib -Wl,-s -Wl,--no-as-needed -Wl,--build-id=none -Wl,--hash-style=gnu
                    -Wl,-z,defs -Wl,-z,lazy -Wl,-z,norelro -Wl,-z,noseparate-code)
target_include_directories(host_memory PRIVATE "${own_libraries_folder}/../..")
target_link_libraries(host_memory PRIVATE libnode_place)

# Adds the sources that open libnode to a target.
function(add_own_libraries target)
  set(image "${CMAKE_BINARY_DIR}/libhost_memory.so")
  target_sources(${target} PRIVATE "${own_libraries_folder}/own_libraries.cc" "${own_libraries_folder}/own_libraries.S")
  set_source_files_properties("${own_libraries_folder}/own_libraries.cc" PROPERTIES
                              COMPILE_DEFINITIONS "KINESIS_MAX_PATH_BYTES=${KINESIS_MAX_PATH_BYTES}")
  set_source_files_properties("${own_libraries_folder}/own_libraries.S" PROPERTIES
                              COMPILE_DEFINITIONS "KINESIS_HOST_MEMORY=\"${image}\"" OBJECT_DEPENDS "${image}")
  add_dependencies(${target} host_memory)
endfunction()
