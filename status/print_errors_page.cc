#include <iostream>

#include "status/errors_page.h"

int main() { std::cout << lockstitch::ErrorsPage(); }
