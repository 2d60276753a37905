"""`python -m salesforce_mock`."""

from salesforce_mock.cli import main

main()
