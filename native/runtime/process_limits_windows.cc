// Checks for limits of this process under which Node would end it, on Windows.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "runtime/process_limits.h"

namespace kinesis {

// The mitigation "arbitrary code guard" refuses execution.
bool may_execute_memory() {
  constexpr SIZE_T kBytes = 4096;
  void *page = VirtualAlloc(nullptr, kBytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (page == nullptr) return true;
  DWORD before = 0;
  const bool may_execute = VirtualProtect(page, kBytes, PAGE_EXECUTE_READ, &before) != 0;
  VirtualFree(page, 0, MEM_RELEASE);
  return may_execute;
}

bool may_child_execute_memory() { return may_execute_memory(); }

// Windows has no such limits.
std::string shortage_of_addresses() { return ""; }
std::string shortage_of_addresses_in_child() { return ""; }
std::string hint_of_addresses_in_child() { return ""; }
std::string shortage_of_descriptors() { return ""; }
std::string shortage_of_descriptors_in_child() { return ""; }

}  // namespace kinesis
