// Chooses where the core runs, in this process or in one of its own.
#include "core.h"

#include <algorithm>
#include <cctype>

#include "child_node.h"
#include "embedded_node.h"
#include "platform.h"

namespace kinesis {

Core &Core::get() {
  // Never destroyed: Node's thread may outlive static destruction.
  static auto *core = new Core();
  return *core;
}

// A failure is not kept: the next init chooses again.
std::string Core::choose() {
  std::string wish = environment_variable("KINESIS_RUNTIME");
  std::transform(wish.begin(), wish.end(), wish.begin(), [](unsigned char letter) { return std::tolower(letter); });
  const bool is_auto = wish.empty() || wish == "auto";
  if (!is_auto && wish != "embedded" && wish != "process") {
    return "Invalid 'KINESIS_RUNTIME' value (" + wish + ") specified, must be embedded, process or auto";
  }
  std::string error;
  if (is_auto || wish == "embedded") {
    error = EmbeddedNode::get().find(is_auto ? "" : "as KINESIS_RUNTIME says");
    if (error.empty()) {
      runtime_ = &EmbeddedNode::get();
      return "";
    }
    // Who names a libnode wants that one.
    if (!is_auto || !environment_variable("KINESIS_LIBNODE").empty()) return error;
  }
  const std::string reason = is_auto ? "since no libnode can be loaded" : "as KINESIS_RUNTIME says";
  const std::string no_program = ChildNode::get().find(reason);
  if (!no_program.empty()) return error.empty() ? no_program : error + "\n" + no_program;
  runtime_ = &ChildNode::get();
  return "";
}

std::string Core::start() {
  Runtime *runtime;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (runtime_ == nullptr) {
      const std::string error = choose();
      if (!error.empty()) return error;
    }
    runtime = runtime_;
  }
  return runtime->start();
}

int64_t Core::ask(Request &request) {
  Runtime *runtime;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    runtime = runtime_;
  }
  return runtime == nullptr ? answer_without_core(request.kind) : runtime->ask(request);
}

}  // namespace kinesis
