"""The company's customer data: values, the repository protocol, and its adapters: SQL with demo data, HTTP, tickets in
Request Tracker.

Importing this package does nothing; `actions.crm.connect.connect` opens a repository.
"""
