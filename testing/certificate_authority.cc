#include "testing/certificate_authority.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "testing/child_process.h"

namespace lockstitch::testing {
namespace {

void OpenSsl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const CommandResult result = RunCommand({.command = arguments});
  if (result.status == 0) return;
  std::cerr << "openssl failed:\n" << result.err << std::endl;
  std::abort();
}

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

CertificateAuthority::CertificateAuthority() {
  OpenSsl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", "/CN=Test authority", "-days", "2", "-keyout",
           folder_.path() + "/authority.key", "-out", certificate_file()});
}

KeyPair CertificateAuthority::Issue(const std::string& name, int days,
                                    const std::vector<std::string>& others) const {
  const std::string base = folder_.path() + "/issued";
  std::string names = "subjectAltName=DNS:" + name;
  for (const std::string& other : others) names += "," + other;
  OpenSsl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
           "/CN=" + name, "-addext", names, "-keyout", base + ".key", "-out", base + ".csr"});
  OpenSsl({"x509", "-req", "-in", base + ".csr", "-CA", certificate_file(), "-CAkey",
           folder_.path() + "/authority.key", "-CAcreateserial", "-copy_extensions", "copy",
           "-days", std::to_string(days), "-out", base + ".crt"});
  return {.certificate = Contents(base + ".crt"), .key = Contents(base + ".key")};
}

std::string CertificateAuthority::certificate() const { return Contents(certificate_file()); }

std::string CertificateAuthority::File(const std::string& name, const std::string& content) const {
  const std::string path = folder_.path() + "/" + name;
  std::ofstream(path) << content;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

}  // namespace lockstitch::testing
