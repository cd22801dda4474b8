// Calls the plugin's exports in an order and with arguments that libFuzzer derives from bytes, guided by coverage.
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "shim_host.h"
#include "stand_in_core.h"

namespace {

using shim::Instance;

// Reads the input as choices; after its end all are 0.
class Choices {
 public:
  Choices(const uint8_t *data, size_t size) : data_(data), left_(size) {}

  bool more() const { return left_ > 0; }
  uint8_t next() {
    if (left_ == 0) return 0;
    left_--;
    return *data_++;
  }
  // Returns the next bytes in a separate block, so that a read beyond it is detected.
  std::vector<char> block(size_t wanted) {
    const size_t count = wanted < left_ ? wanted : left_;
    std::vector<char> bytes(data_, data_ + count);
    data_ += count;
    left_ -= count;
    return bytes;
  }

 private:
  const uint8_t *data_;
  size_t left_;
};

std::vector<void *> open_contexts;

void *context_by(uint8_t choice) {
  if (choice >= 0xf0) return reinterpret_cast<void *>(UINTPTR_MAX - choice);
  if (choice >= 0xe0 || open_contexts.empty()) return nullptr;
  return open_contexts[choice % open_contexts.size()];
}

void flush(Choices &choices) {
  void *context = context_by(choices.next());
  const uint8_t shape = choices.next();
  const std::vector<char> tag_bytes = choices.block(shape & 0x1f);
  std::string tag(tag_bytes.begin(), tag_bytes.end());
  tag = tag.c_str();
  // Other tests cover tags that hold a flush for ever, or end the core.
  for (const char *disruptive : stand_in::kDisruptiveTags) {
    if (tag == disruptive) tag += "!";
  }
  const std::vector<char> chunk = choices.block(choices.next());
  const int length = (shape & 0x40) != 0 ? -static_cast<int>(chunk.size()) : static_cast<int>(chunk.size());
  const char *given_tag = (shape & 0x80) != 0 ? nullptr : tag.c_str();
  const int code = FLBPluginFlushCtx(context, chunk.data(), (shape & 0x20) != 0 ? INT_MIN : length, given_tag);
  const bool is_empty = (shape & 0x20) != 0 || length < 0;
  const int64_t number = static_cast<int64_t>(reinterpret_cast<intptr_t>(context)) - 1;
  CHECK(code == stand_in::fingerprint(number, chunk.data(), is_empty ? 0 : chunk.size(), given_tag ? given_tag : ""));
}

void init(Choices &choices) {
  Instance instance;
  if (choices.next() % 4 == 0) instance.options[stand_in::kRefuse] = "yes";
  if (instance.init() == kFlbOk) open_contexts.push_back(instance.context);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  flb_plugin_proxy_def definition{};
  Choices choices(data, size);
  while (choices.more()) {
    switch (choices.next() % 8) {
      case 0:
        CHECK(FLBPluginRegister(&definition) == 0);
        break;
      case 1:
        init(choices);
        break;
      case 2:
        CHECK(FLBPluginExitCtx(context_by(choices.next())) == kFlbOk);
        break;
      case 3:
        FLBPluginUnregister(&definition);
        break;
      default:
        flush(choices);
    }
  }
  for (void *context : open_contexts) CHECK(FLBPluginExitCtx(context) == kFlbOk);
  open_contexts.clear();
  return 0;
}

// Node is up before the first input; earlier flushes get retry, which other tests cover.
extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  flb_plugin_proxy_def definition{};
  CHECK(FLBPluginRegister(&definition) == 0);
  Instance first;
  CHECK(first.init() == kFlbOk);
  CHECK(FLBPluginExitCtx(first.context) == kFlbOk);
  return 0;
}
