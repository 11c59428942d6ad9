"""What the app costs, measured: ``python3 dev.py bench``.

``measuring`` compares calls fairly, ``results`` is what a measurement gives, ``page`` makes
``docs/performance.md`` of it, and ``parts`` lists what is measured; every part is a module, or a
package, of its own. Nothing here is deployed.
"""
