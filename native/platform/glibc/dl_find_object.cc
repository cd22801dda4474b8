// Finds the module of an address for libgcc's unwinder, which is linked in, in place of a function of glibc 2.35.
//
// glibc's function has this name; the unwinder of GCC 12 and newer calls this one instead, so that the plugin also
// loads on an older glibc. The unwinder of older GCC calls dl_iterate_phdr itself, and not this.
#include <dlfcn.h>
#include <link.h>

#ifdef DLFO_EH_SEGMENT_TYPE
namespace {

struct Search {
  ElfW(Addr) address;
  dl_find_object *result;
};

int look_in(dl_phdr_info *module, size_t, void *data) {
  auto *search = static_cast<Search *>(data);
  const ElfW(Phdr) *holder = nullptr;
  const ElfW(Phdr) *unwinding = nullptr;
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const ElfW(Phdr) &segment = module->dlpi_phdr[i];
    const ElfW(Addr) offset = search->address - module->dlpi_addr - segment.p_vaddr;
    if (segment.p_type == PT_LOAD && offset < segment.p_memsz) holder = &segment;
    if (segment.p_type == DLFO_EH_SEGMENT_TYPE) unwinding = &segment;
  }
  if (holder == nullptr || unwinding == nullptr) return 0;
  *search->result = {};
  search->result->dlfo_map_start = reinterpret_cast<void *>(module->dlpi_addr + holder->p_vaddr);
  search->result->dlfo_map_end = reinterpret_cast<void *>(module->dlpi_addr + holder->p_vaddr + holder->p_memsz);
  search->result->dlfo_eh_frame = reinterpret_cast<void *>(module->dlpi_addr + unwinding->p_vaddr);
  return 1;
}

}  // namespace

/** As glibc's: returns 0 and the module's unwind table in `result`, or -1. */
extern "C" int _dl_find_object(void *address, dl_find_object *result) noexcept {
  Search search{reinterpret_cast<ElfW(Addr)>(address), result};
  return dl_iterate_phdr(look_in, &search) == 1 ? 0 : -1;
}
#endif
