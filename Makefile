# 两条命令 · two commands: make demo, make test
.PHONY: demo test check bench clean setup-run setup-dev lock format

demo: setup-run  ## the whole system with a simulated city; prints the page's address; Ctrl-C stops all
	@exec .venv/bin/tricolor demo $(ARGS)

# several processes share the cores already
test check bench: export OPENBLAS_NUM_THREADS = 1

test: setup-dev  ## all tests, the fast ones on all cores; servers that are missing are skipped, with TRICOLOR_REQUIRE=all they fail
	@tools/test.sh $(ARGS)

check: setup-dev  ## format, lint, types, layering, fast tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/pytest -n auto -m "not servers and not browser and not e2e and not slow" $(ARGS)

bench: setup-dev  ## benchmarks, each against a baseline of the same run
	@for file in bench/[a-z]*.py; do case $$file in bench/publisher.py) ;; *) .venv/bin/python $$file || exit 1 ;; esac; done

format: setup-dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: setup-dev  ## pin again from pyproject.toml
	.venv/bin/python -m pip install -q uv
	.venv/bin/uv pip compile pyproject.toml --all-extras --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements/dev.lock
	.venv/bin/uv pip compile pyproject.toml --extra influx --extra amqtt --extra heat --extra forecast --extra bulletin --group build --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements/dev.lock -q -o requirements/run.lock
	.venv/bin/uv pip compile pyproject.toml --extra influx --extra postgres --extra heat --extra forecast --extra bulletin --extra sms-aliyun --extra sms-tencent --extra apprise --group build --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements/dev.lock -q -o requirements/server.lock

setup-run:
	@tools/setup.sh run

setup-dev:
	@tools/setup.sh dev

clean:
	rm -rf .venv build dist *.egg-info demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
