// Parses KINESIS_NODE_OPTIONS: options for the Node that runs the core.
#include "runtime/node_options.h"

#include "platform/platform.h"

namespace kinesis {
namespace {

constexpr const char *kVariable = "KINESIS_NODE_OPTIONS";

// MiB. Node's own limit is up to 4 GiB, by the memory of the machine and not of the container. Records, bodies and
// chunks are outside the heap.
constexpr const char *kOldSpace = "--max-old-space-size=128";

// Splits words as Node splits NODE_OPTIONS. Source: Node.js, src/node_options.cc, ParseNodeOptionsEnvVar.
std::vector<std::string> split(const std::string &text, std::string &error) {
  std::vector<std::string> words;
  bool is_in_string = false, is_new = true;
  for (size_t at = 0; at < text.size(); at++) {
    char c = text[at];
    if (c == '\\' && is_in_string) {
      if (++at == text.size()) break;
      c = text[at];
    } else if (c == ' ' && !is_in_string) {
      is_new = true;
      continue;
    } else if (c == '"') {
      is_in_string = !is_in_string;
      continue;
    }
    if (is_new) words.emplace_back();
    is_new = false;
    words.back() += c;
  }
  if (is_in_string) error = "Invalid 'KINESIS_NODE_OPTIONS' value specified, a double quote is not closed";
  return words;
}

std::string quoted(const std::string &word) {
  std::string text;
  for (const char c : word) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return '"' + text + '"';
}

bool is_preload(const std::string &option, bool &is_module) {
  is_module = option == "--import";
  return is_module || option == "--require" || option == "-r";
}

NodeOptions parse_node_options(const std::string &text) {
  NodeOptions options;
  const std::vector<std::string> words = split(text, options.error);
  for (size_t at = 0; at < words.size(); at++) {
    const size_t equals = words[at].find('=');
    const std::string name = words[at].substr(0, equals);
    Preload preload;
    if (!is_preload(name, preload.is_module)) {
      options.others += (options.others.empty() ? "" : " ") + quoted(words[at]);
      continue;
    }
    if (equals != std::string::npos) {
      preload.name = words[at].substr(equals + 1);
    } else if (at + 1 < words.size()) {
      preload.name = words[++at];
    }
    if (preload.name.empty()) {
      options.error = "Invalid 'KINESIS_NODE_OPTIONS' value specified, " + name + " needs the name of a script";
    }
    options.preloads.push_back(preload);
  }
  return options;
}

}  // namespace

NodeOptions read_node_options() {
  NodeOptions options = parse_node_options(environment_variable(kVariable));
  // V8 takes the last value of an option that is set twice.
  options.others = kOldSpace + (options.others.empty() ? "" : " " + options.others);
  return options;
}

std::string hint_of_node_options() {
  return environment_variable(kVariable).empty()
             ? ""
             : ". Check KINESIS_NODE_OPTIONS: an option or a script in it may be the cause";
}

}  // namespace kinesis
