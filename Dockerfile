# Two stages: the first has compilers' worth of downloads, the second only what runs.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /opt/venv
COPY requirements.txt constraints.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir -r requirements.txt -c constraints.txt
# The builder's own Python fetches Node for itself; neither it nor node_modules goes into the image.
COPY package.json package-lock.json ./
COPY bin/assets.py bin/assets.py
COPY static/icons.txt static/icons.txt
RUN python bin/assets.py pages fonts && rm -r node_modules
COPY . .
RUN /opt/venv/bin/python bin/messages.py compile \
    && SECRET_KEY=only-to-collect ALLOWED_HOSTS=nowhere DJANGO_SETTINGS_MODULE=config.settings.prod \
       /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.12-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /data --uid 10001 hezhang
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=hezhang /app /app
WORKDIR /app
USER hezhang
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    MEDIA_ROOT=/data/files
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "-k", "gthread", "-w", "2", "--threads", "4", "-b", "0.0.0.0:8000", "--no-control-socket"]
