#include <iostream>

#include "access/rules.h"

int main() { std::cout << lockstitch::access::AccessPage(); }
