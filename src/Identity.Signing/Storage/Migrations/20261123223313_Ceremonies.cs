using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Ceremonies : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "CeremonyId",
                table: "Requests",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "CeremonyRevision",
                table: "Requests",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "PlaceId",
                table: "Requests",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "Ceremonies",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    AgencyId = table.Column<string>(nullable: false),
                    Requester = table.Column<string>(nullable: false),
                    Purpose = table.Column<string>(nullable: false),
                    FileName = table.Column<string>(nullable: false),
                    ReturnUrl = table.Column<string>(nullable: false),
                    Level = table.Column<string>(nullable: false),
                    State = table.Column<string>(nullable: false),
                    Failure = table.Column<string>(nullable: true),
                    ContinuesAfterDecline = table.Column<bool>(nullable: false),
                    DocumentSha256 = table.Column<byte[]>(nullable: false),
                    DocumentLength = table.Column<long>(nullable: false),
                    Revision = table.Column<int>(nullable: false),
                    CurrentRequestId = table.Column<string>(nullable: true),
                    ActiveRequestId = table.Column<string>(nullable: true),
                    AskingRequestId = table.Column<string>(nullable: true),
                    AskingUntil = table.Column<long>(nullable: true),
                    CreatedAt = table.Column<long>(nullable: false),
                    Deadline = table.Column<long>(nullable: false),
                    AllSignedAt = table.Column<long>(nullable: true),
                    EndedAt = table.Column<long>(nullable: true),
                    NextTryAt = table.Column<long>(nullable: true),
                    Tries = table.Column<int>(nullable: false),
                    Attempt = table.Column<string>(nullable: true),
                    SignedSha256 = table.Column<byte[]>(nullable: true),
                    SignedLength = table.Column<long>(nullable: true),
                    DocumentsRemoved = table.Column<bool>(nullable: false),
                    WebhookUrl = table.Column<string>(nullable: true),
                    RemindAt = table.Column<long>(nullable: true),
                    Events = table.Column<int>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Ceremonies", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "CeremonyEvents",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    CeremonyId = table.Column<string>(nullable: false),
                    Number = table.Column<int>(nullable: false),
                    Type = table.Column<string>(nullable: false),
                    PlaceId = table.Column<string>(nullable: true),
                    CreatedAt = table.Column<long>(nullable: false),
                    NextTryAt = table.Column<long>(nullable: true),
                    Tries = table.Column<int>(nullable: false),
                    DeliveredAt = table.Column<long>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CeremonyEvents", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Places",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    CeremonyId = table.Column<string>(nullable: false),
                    Number = table.Column<int>(nullable: false),
                    Order = table.Column<int>(nullable: false),
                    Identifier = table.Column<string>(nullable: false),
                    Label = table.Column<string>(nullable: true),
                    Form = table.Column<string>(nullable: true),
                    State = table.Column<string>(nullable: false),
                    RequestId = table.Column<string>(nullable: true),
                    Name = table.Column<string>(nullable: true),
                    EndedAt = table.Column<long>(nullable: true),
                    Reason = table.Column<string>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Places", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Ceremonies_NextTryAt",
                table: "Ceremonies",
                column: "NextTryAt");

            migrationBuilder.CreateIndex(
                name: "IX_Ceremonies_RemindAt",
                table: "Ceremonies",
                column: "RemindAt");

            migrationBuilder.CreateIndex(
                name: "IX_Ceremonies_State_Deadline",
                table: "Ceremonies",
                columns: new[] { "State", "Deadline" });

            migrationBuilder.CreateIndex(
                name: "IX_CeremonyEvents_CeremonyId_Number",
                table: "CeremonyEvents",
                columns: new[] { "CeremonyId", "Number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_CeremonyEvents_NextTryAt",
                table: "CeremonyEvents",
                column: "NextTryAt");

            migrationBuilder.CreateIndex(
                name: "IX_Places_CeremonyId_Number",
                table: "Places",
                columns: new[] { "CeremonyId", "Number" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Ceremonies");

            migrationBuilder.DropTable(
                name: "CeremonyEvents");

            migrationBuilder.DropTable(
                name: "Places");

            migrationBuilder.DropColumn(
                name: "CeremonyId",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "CeremonyRevision",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "PlaceId",
                table: "Requests");
        }
    }
}
