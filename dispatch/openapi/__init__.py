"""The document of the API (OpenAPI 3.1), made from the routes and their models, and a page to read it on."""
