# The commands of a working day; `make` lists them.
MAKEFLAGS += --no-print-directory
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GRADLE := build/tools/gradle
BIN := python-transform/.venv/bin
APP := java-pipeline/build/install/java-pipeline/bin/java-pipeline
CLOUD := java-pipeline/build/install/java-pipeline/lib/cloud/cloud.jar
CLOUD_WORDS := $(shell sed -n 's/^cloudWords=//p' gradle.properties)
CLUSTER := PYTHONPATH=python-transform/deploy $(BIN)/python -W ignore::FutureWarning -m cluster
$(if $(filter-out flink spark,$(ENGINE)),$(error ENGINE: expected flink, spark or nothing, found $(ENGINE)))
CLUSTER_OF := $(or $(ENGINE),flink)
SOURCES := $(shell find contract gradle java-pipeline/src/main) $(wildcard *.gradle java-pipeline/*.gradle) gradle.properties
COMPILE := $(CURDIR)/$(BIN)/uv pip compile pyproject.toml --quiet --python-version 3.11 \
  --generate-hashes --no-emit-index-url

.PHONY: help setup setup-gradle setup-python setup-prism setup-browser setup-tunnel setup-postgres setup-docker setup-flink setup-spark \
  run cloud test test-fast images up down salesforce cluster cluster-status cluster-stop \
  lint format train notebooks data weights bench bench-quick verify \
  evaluate-public lock clean

help: ## list the commands
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
	  printf '  make %-15s %s\n' "$$name" "$$text"; done

setup: ## install what the other commands need: Gradle, the Python environment, Prism
	@$(MAKE) -j3 setup-prism setup-gradle setup-python

setup-gradle setup-python setup-prism setup-browser setup-tunnel setup-postgres setup-docker setup-flink setup-spark:
	@.ci/setup/$(@:setup-%=%).sh

run: $(APP) $(if $(strip $(foreach word,$(CLOUD_WORDS),$(findstring $(word),$(value ARGS)))),$(CLOUD)) ## score the sample, or what ARGS say: make run ARGS="--input=FILE --idColumn='Opportunity Name'"
	@$(if $(ENGINE),options=$$($(CLUSTER) options --engine=$(ENGINE) $(value ARGS)) && )$(APP) $(if $(ENGINE),$$options )$(value ARGS)

cloud: $(CLOUD) ## install what runs with gs://, s3://, BigQuery or Dataflow need: 120 MB

$(CLOUD): $(APP) $(shell find java-pipeline/src/cloud 2>/dev/null)
	@echo 'installing the libraries for clouds'
	@$(GRADLE) -q :java-pipeline:installCloud
	@touch $@

cluster: $(APP) setup-$(CLUSTER_OF) ## start a cluster on this machine, of Flink or with ENGINE=spark of Spark; ARGS=--first-port=28070
	@install=$(CLUSTER_OF); $(GRADLE) -q :java-pipeline:install$${install^}
	@$(CLUSTER) start --engine=$(CLUSTER_OF) $(value ARGS)

cluster-status: ## show which parts of the cluster run, and where
	@$(CLUSTER) status

cluster-stop: ## end the cluster
	@$(CLUSTER) stop

# Gradle takes seconds to find that nothing changed; the time of the start script tells it at once.
$(APP): $(SOURCES) | setup
	@echo 'building the Java pipeline'
	@$(GRADLE) -q :java-pipeline:classArchive
	@touch $@

test: setup setup-browser setup-tunnel setup-postgres ## run all tests of both languages; the last line is their sum
	@$(MAKE) -j3 setup-docker setup-spark setup-flink
	@.ci/test.sh

test-fast: setup ## run the tests that start no service, pipeline or container: two minutes
	@.ci/test.sh -Pfast --parallel

# What the images say of themselves, from where it stands.
images up: export VERSION = $(shell sed -n '/^version = /{s/version = "\(.*\)"/\1/p;q}' python-transform/pyproject.toml)
images up: export BEAM_VERSION = $(shell sed -n 's/^beamVersion=//p' gradle.properties)
images up: export MODEL_ID = $(shell sed -n 's/^ "model_id": "\(.*\)",/\1/p' pretrained/model.params)

images: setup-docker ## build the images of the services, of the pipeline, of Flink and of the test Salesforce
	@docker compose --profile pipeline --profile flink --profile salesforce build $(value ARGS)

up: setup-docker ## start the expansion service, on port 8088, and its worker pool in containers
	@docker compose up --build --detach --wait $(value ARGS)

down: ## end what `make up`, a pipeline, a Flink cluster or a Salesforce in containers started
	@docker compose --profile pipeline --profile flink --profile salesforce --profile pipeline-salesforce down

salesforce: setup ## serve a Salesforce to test against, with the sample; PORT=8090, ROWS=100000 or DATA=FILE
	@PYTHONPATH=salesforce-mock/src $(BIN)/python -m salesforce_mock $(if $(PORT),--port=$(PORT)) $(if $(ROWS),--rows=$(ROWS)) \
	  $(if $(DATA),--data='$(DATA)') $(value ARGS)

lint: setup ## check formatting, types and style of both languages
	@$(GRADLE) lint

format: setup ## format the code of both languages
	@$(GRADLE) format

train: setup ## train pretrained/ anew on generated data, and write its card
	@mkdir -p build
	@$(BIN)/anomaly-detection generate --rows 5000 --seed 1 --output build/train.csv
	@$(BIN)/anomaly-detection train build/train.csv --id-column Id --output pretrained --seed 0
	@$(BIN)/anomaly-detection generate --rows 3000 --seed 2 --output build/evaluate.csv
	@$(BIN)/anomaly-detection evaluate build/evaluate.csv --id-column Id --seeds 2 --alpha 0.05 --no-rivals \
	  --output build/evaluation
	@$(BIN)/anomaly-detection card pretrained --evaluation build/evaluation/evaluation.json --license Apache-2.0 \
	  --trained-on 'made-up opportunities of no real person or company: anomaly-detection generate --rows 5000 --seed 1' \
	  --evaluated-on 'anomaly-detection generate --rows 3000 --seed 2, at alpha 0.05' --output pretrained/MODEL_CARD.md

notebooks: setup ## run the notebooks; copies with their figures come to build/notebooks
	@$(BIN)/python python-transform/notebooks/execute.py build/notebooks

data: setup ## generate the sample in data/ anew
	@mkdir -p data
	@$(BIN)/anomaly-detection generate --rows 2000 --seed 7 --anomalies 0.02 \
	  --labels data/labels.csv --output data/opportunities.csv

weights: setup ## search for the weights of the parts of the score, on generated tables; ARGS=--seeds=2 for less
	@$(BIN)/python python-transform/benchmarks/weights.py $(value ARGS)

bench: setup setup-flink ## measure pipeline, core, rivals and growth, an hour on an idle machine; ARGS=--only=core for less
	@$(GRADLE) -q :java-pipeline:installBench :java-pipeline:installFlink
	@PYTHONPATH=python-transform/benchmarks:python-transform/deploy $(BIN)/python -W ignore::FutureWarning -m bench $(value ARGS)

bench-quick: ## the same with fewer rows and runs, in minutes
	@$(MAKE) bench ARGS="--quick $(value ARGS)"

verify: $(APP) $(CLOUD) setup-docker setup-flink setup-spark ## measure what the project promises, into build/verify, two hours on an idle machine, as root or with sudo; ARGS=--only=start for less
	@$(GRADLE) -q :java-pipeline:installBench :java-pipeline:installFlink :java-pipeline:installSpark
	@PYTHONPATH=python-transform/benchmarks:python-transform/deploy $(BIN)/python -W ignore::FutureWarning -m verify $(value ARGS)

evaluate-public: setup ## compare with PyOD's detectors on labelled public data sets; ARGS="--seeds=1 --only=phishing"
	@$(BIN)/python python-transform/benchmarks/public.py --output build/public $(value ARGS)

lock: setup ## resolve the versions in the lock files anew; ARGS=--upgrade takes the newest ones
	@cd python-transform && $(COMPILE) $(value ARGS) --extra autoembedder --output-file requirements.lock
	@cd python-transform && $(COMPILE) $(value ARGS) --all-extras --group dev --constraint requirements.lock \
	  --output-file requirements-dev.lock
	@cd salesforce-mock && $(COMPILE) --constraint ../python-transform/requirements-dev.lock --output-file requirements.lock

clean: ## remove what builds, tests and runs wrote; Gradle, Prism and the Python environment stay
	@! [ -e build/cluster/processes.json ] || $(CLUSTER) stop
	@rm -rf java-pipeline/build python-transform/build .gradle
	@! [ -d build ] || find build -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +
