// Converts Windows handles, which files shared by all systems keep as numbers.
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <cstdint>

namespace kinesis {

/// Returns the handle that was kept as this number.
inline HANDLE handle_of(intptr_t number) { return reinterpret_cast<HANDLE>(number); }

}  // namespace kinesis
